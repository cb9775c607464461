//! Synthetic signature and seal images for demonstrations and tests: nobody's signature, no body's seal.
