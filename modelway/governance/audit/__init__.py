"""What an auditor asks for about one model, in one folder or file, with a verifier that needs nothing of ours."""

from modelway.governance.audit.bundle import Bundle, Question, assembled, sealing
from modelway.governance.audit.credentials import Revealing, revealed
from modelway.governance.audit.writing import into_folder, into_zip

__all__ = ["Bundle", "Question", "Revealing", "assembled", "into_folder", "into_zip", "revealed", "sealing"]
