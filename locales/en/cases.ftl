login-title = Sign in
login-about = For deputies, officials and civil servants.
login-account = User name
login-password = Password
login-next = Continue
login-help = Trouble signing in? Contact the Digital Department of the Office of the National Assembly.
login-code-title = Enter the authentication code
login-again = Start signing in again
home-title = To do today
home-today = Today, { $day }
home-count = { $n ->
    [0] Nothing is waiting.
    [one] One task is waiting.
   *[other] { $n } tasks are waiting, the most pressing first.
 }
home-empty = Nothing is waiting.
home-empty-text = When a case is passed on to you, what is to be done appears here. You can open a new case or look at those you follow.
home-following = Cases you follow
home-following-empty = You take part in no case yet.
cases-title = Cases
cases-q = Title of the case (marks may be left out)
cases-empty = There is no such case.
cases-empty-text = Try fewer words or another state. Only cases that you may see are listed here.
any-procedure = Any procedure
any-state = Any state
case = Case
step = Step
holder = With
holder-none = With nobody any more
deadline = Deadline
procedure = Procedure
case-open = In progress
case-closed = Done
case-refused = Not passed
choose-title = Choose a procedure
choose-about = Every case follows a published procedure: its steps, who does them and the deadlines are known ahead.
choose-empty = Your position may open no case.
choose-empty-text = Cases are opened by the proposing unit. If you need to, contact the Digital Department.
procedure-steps-n = { $n ->
    [one] one step
   *[other] { $n } steps
 }
procedure-read = Read the procedure
case-title = Title of the case
case-title-hint = What is to be resolved; leave out “Resolution on”.
case-open-button = Open the case
steps-line = Steps of the procedure
step-done = done
step-here = here now
step-next = next
step-skip = left out
now-step = Current step: { $step }
now-missing = Still missing:
now-waits = Waiting for { $who }.
documents = Documents
document = Document
documents-none = There is no document yet.
ballot = Written ballot
story = What happened
case-about = About the case
case-opened = Opened
participants = Taking part
journal = Journal
journal-of-case = Entries of this case in the journal
act-entry = entry
problem-request = Request (quote it when you ask for help):
conflict-title = Somebody else has just changed this case
conflict-nothing-lost = What you sent was not recorded, but what you typed is kept below.
conflict-what-to-do = Look at the changes, open the page again with the latest content, and send what is still needed.
conflict-changes = Changes since you opened the page
conflict-kept = What you typed
related-cases = Related cases
related-above = The case that opened this one
related-below = A case opened by this one
