yes = yes
no = no
row-add = Add a row
row-n = { $label }, row { $n }
field-person-unknown = Nobody of this name is in the directory.
field-person-several = Several people fit: { $names }. Choose one from the suggestions.
field-not-text = This must be text.
field-not-a-day = Enter a day like 20/12/2024.
field-not-a-number = Enter a whole number.
field-too-large = Larger than { $max }.
field-not-an-option = Choose one of the options.
field-not-yes-no = Choose yes or no.
field-not-rows = This must be a list of rows.
timeline-program = The program
timeline-case-opened = opened the case under “{ $procedure }”
timeline-step-entered = moved the case to “{ $step }”
timeline-step-entered-due = moved the case to “{ $step }”; due { $due }
timeline-step-left = finished “{ $step }”
timeline-step-left-outcome = finished “{ $step }”, outcome: { $outcome }
timeline-form-filled = filled in the form of “{ $step }”
timeline-case-document-attached = added to the case: { $kind } “{ $title }”
timeline-case-document-signed = signed: { $kind }
timeline-case-document-issued = gave the number { $number } of { $day } and sealed: { $kind }
timeline-case-document-published = published: { $kind }
timeline-opinion-given = gave an opinion: { $answer }
timeline-ballot-opened = sent the ballot to { $members } members
timeline-ballot-cast = signed and cast the ballot
timeline-ballot-closed = counted the ballot: { $for } in favour of { $all } members ({ $share_all }); { $answered } answered; { $passed ->
    [yes] passed
   *[other] not passed
 }
timeline-vote-recorded = recorded the vote: { $for } in favour of { $all } ({ $share_all }); { $passed ->
    [yes] passed
   *[other] not passed
 }
timeline-deadline-passed = noted that “{ $step }” is overdue since { $due }
timeline-case-returned = returned the case from “{ $from }” to “{ $to }”
timeline-subcase-requested = asked for a sub-case under “{ $procedure }”
timeline-subcase-closed = received the result of the sub-case
timeline-case-closed = closed the case
timeline-case-note-added = added a remark
timeline-effect-applied = carried out what the document changes
timeline-document-created = began to write “{ $title }”
timeline-document-version-added = kept “{ $title }”, version { $version }
timeline-document-reopened = reopened “{ $title }” for changes
timeline-document-sealed = sealed “{ $title }”, No. { $number }
timeline-document-withdrawn = withdrew “{ $title }”
holders-many = { $n } people
next-step = The case then goes on to “{ $step }”.
home-since = { $procedure } · since { $clock }, { $day }
case-open-after = After opening, the case stands at “{ $step }”.
tally-rule = It passes with { $rule }: at least { $needed } of { $members }.
body-case = The case that it belongs to
changes-evidence = evidence for long-term validation
changes-form-fill = fields were filled in or signatures added
changes-annotation = annotations
changes-content = what the pages show
changes-hidden = parts that a reader may not show
