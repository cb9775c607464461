// What veraPDF says of files that claim to be PDF/A. Prints one line of JSON per file: {"file", "form", "checks", "faults"},
// each fault [clause, words], each pair once. A file that claims nothing is judged as PDF/A-2b, which it then is not.
//
// usage: java -cp JARS ArchiveForm.java PDF...

import java.io.FileInputStream;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.logging.LogManager;
import java.util.stream.Collectors;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class ArchiveForm {
    public static void main(String[] files) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            try (InputStream in = new FileInputStream(file); PDFAParser parser = Foundries.defaultInstance().createParser(in)) {
                var claims = parser.getFlavours();
                var form = claims.isEmpty() ? PDFAFlavour.PDFA_2_B : claims.get(0);
                try (PDFAValidator validator = Foundries.defaultInstance().createValidator(form, false)) {
                    System.out.println(line(file, form, validator.validate(parser)));
                }
            }
        }
    }

    static String line(String file, PDFAFlavour form, ValidationResult result) {
        Set<String> faults = new LinkedHashSet<>();
        for (TestAssertion found : result.getTestAssertions()) {
            if (found.getStatus() == TestAssertion.Status.FAILED) {
                faults.add("[" + quoted(found.getRuleId().getClause()) + ", " + quoted(found.getMessage()) + "]");
            }
        }
        if (faults.isEmpty() != result.isCompliant()) {
            throw new IllegalStateException("veraPDF's verdict and its findings on " + file + " differ");
        }
        return "{\"file\": " + quoted(file) + ", \"form\": " + quoted(form.getId()) + ", \"checks\": "
            + result.getTotalAssertions() + ", \"faults\": [" + String.join(", ", faults) + "]}";
    }

    static String quoted(String words) {
        return words.chars().mapToObj(c -> c == '"' || c == '\\' ? "\\" + (char) c : c < ' ' ? " " : "" + (char) c)
            .collect(Collectors.joining("", "\"", "\""));
    }
}
