"""Why an act on evidence, in a case or of a court is refused."""

from tongjian.core.operation import RefusalCode


class Refusal(RefusalCode):
    """Why an act on evidence or of a court is refused, in order of precedence."""

    # -- what is not there, or is there already
    CASE_UNKNOWN = 1, "The court's register has no such case."
    CASE_EXISTS = 2, "The court's register has a case of this number already."
    CASE_CLOSED = 3, "The case is closed."
    ITEM_UNKNOWN = 4, "No item of evidence has this id."
    ITEM_EXISTS = 5, "This id is used already, for another item of evidence."
    SUBMISSION_UNKNOWN = 6, "The item is not before the court in this case."
    ALREADY_SUBMITTED = 7, "The item is before the court in this case already."
    CHALLENGE_UNKNOWN = 8, "The item has no challenge of this number in this case."
    ORDER_UNKNOWN = 9, "No order of a court is recorded under this commitment."
    ORDER_EXISTS = 10, "This order is recorded already."
    # -- who
    NOT_A_COURT = 11, "The office is not a court."
    NOT_ISSUING_COURT = 12, "Only the court that issued the order, or a court above it, may."
    NOT_MEMBER = 13, "The officer is not a member of this case."
    NOT_PARTY = 14, "The commitment is not that of a party to the case."
    # -- capture and fixing
    ITEM_ARCHIVED = 15, "The item is archived; nothing is added to it."
    NOT_CAPTURED = 16, "The item is fixed already; what is fixed stays."
    NOT_FIXED = 17, "The item is not fixed yet; its content has no hash on the ledger."
    NOT_STORED = 18, "The item is not in custody yet."
    ALREADY_STORED = 19, "The item is in custody already."
    CAPTURE_INCOMPLETE = 20, "The log of the capture lacks a check that the rule demands."
    CHECKS_UNSORTED = 21, "Checks come in ascending order, each once."
    CLOCK_UNKNOWN = 22, "The capturing device had no source of time."
    CLOCK_DRIFT = 23, "The capturing device's clock was off by more than the rule allows."
    CLAIMED_TIME_AHEAD = 24, "The claimed time lies after this block."
    LATE_WITHOUT_REASON = 25, "A late record of a capture must state its reason."
    ALGORITHM_NOT_ACCEPTED = 26, "The hash algorithm is not, or no longer, accepted."
    DIGEST_LENGTH_WRONG = 27, "The value has not the length of its hash algorithm."
    # -- custody
    CUSTODY_GAP = 28, "The giver does not hold the item: the chain of custody would have a gap."
    CONTENT_DIFFERS = 29, "The content is not the one last recorded, and no derivation says why."
    NOTHING_DERIVED = 30, "A derivation has another content after it than before."
    RENEWAL_LATE = 31, "The old hash algorithm is no longer accepted: it cannot vouch any more."
    RENEWAL_SAME = 32, "A renewal needs another algorithm than the one in use."
    STAMP_AHEAD = 33, "The time in the stamp lies after this block."
    STAMP_BEFORE_CAPTURE = 34, "The time in the stamp lies before the claimed time of the capture."
    # -- before the court
    PARTIES_UNSORTED = 35, "Parties come in ascending order, each once."
    MEMBER_EXISTS = 36, "The officer is a member of the case already."
    NOT_SEALED = 37, "The item is not sealed: its readings are not recorded here."
    QUESTIONS_UNANSWERED = 38, "Each question of the rules is answered once, in their order."
    ANSWER_UNFOUNDED = 39, "An answer that offers something names its document; another none."
    INTEREST_UNDISCLOSED = 40, "The party relies on what it captured itself and must say so."
    REPORT_AHEAD = 41, "The report speaks of a height that this ledger has not reached."
    REPORT_TOO_OLD = 42, "The report speaks of a height before the item was handed in."
    NOT_EXAMINED = 43, "The item was not examined by both sides yet."
    ALREADY_EXAMINED = 44, "The item was examined by both sides already."
    ALREADY_DECIDED = 45, "The court has decided on the item in this case already."
    OWN_EVIDENCE = 46, "A side does not challenge what it relies on itself."
    CHALLENGE_CLOSED = 47, "The challenge is decided already."
    APPRAISER_INTERESTED = 48, "The appraiser captured the item or holds it."
    NOT_VERIFIED = 49, "The court has not verified the item on the ledger yet."
    CHALLENGE_OPEN = 50, "A challenge to the item is not decided yet."
    NOT_CONSISTENT = (
        51,
        "The item was not found consistent: it may be rejected or admitted in part.",
    )
    CHALLENGE_UPHELD = 52, "A challenge was upheld: it may be rejected or admitted in part."
    NOT_DECIDED = 53, "The court has not decided on the item."
    # -- orders
    ORDER_NOT_ISSUED = 54, "The order was served already, or is lifted or at its end."
    ORDER_NOT_IN_FORCE = 55, "The order is not in force."
    TERM_TOO_LONG = 56, "The term is longer than the law allows for this kind of property."
    TARGET_TWICE = 57, "The order names one right twice."
    DEBTOR_NOT_HOLDER = 58, "The unit is not registered for whom the order goes against."
