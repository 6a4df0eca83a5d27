"""Headers of a request whose names are the same in capitals and small letters."""

from collections.abc import Iterable, Iterator, Mapping


class Headers(Mapping[str, str]):
    """As aiohttp's own, for requests that did not come over HTTP; of a repeated header the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values = {name.lower(): value for name, value in reversed([*pairs])}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
