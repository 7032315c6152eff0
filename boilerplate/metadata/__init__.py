from dataclasses import dataclass
@dataclass
class Metadata:
    authors: tuple=()
