"""Where the demo's pages are: the usual ports, unless somebody has them."""

import socket

from stream.demo.brokers.loopback import LOOPBACK, claimed_port, free_port


def test_of_two_demos_that_begin_together_one_gets_the_usual_port() -> None:
    """Neither listens yet when the other looks."""
    usual = free_port()
    with claimed_port(usual) as first, claimed_port(usual) as second:
        assert first == usual
        assert second != usual
    with claimed_port(usual) as later:
        assert later == usual


def test_a_port_on_which_somebody_listens_is_not_claimed() -> None:
    """A worker of the user's own, say."""
    with socket.create_server((LOOPBACK, 0)) as theirs:
        taken = theirs.getsockname()[1]
        with claimed_port(taken) as port:
            assert port != taken
