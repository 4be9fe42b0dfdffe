"""The cell that had fewer seconds, over whole pairs, is given the difference."""

from __future__ import annotations

from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Fit, Order, Status
from autorecur.search.balance import Balance


def order(pair: str, cell: str) -> Order:
    candidate = Candidate(cell, width=4)
    return Order(f"{pair}-{cell}", "arrays", candidate, "selection", 1, 10, "mae", 9e9)


def book(balance: Balance, pair: str, cell: str, seconds: float) -> None:
    fit = Fit(f"{pair}-{cell}", Status.FINISHED, "", ledger={"steps": seconds, "compile": 7.0})
    balance.book(order(pair, cell), fit)


def extra(balance: Balance, pair: str, cell: str) -> float:
    return balance.evened(order(pair, cell)).extra_seconds


def test_half_a_pair_says_nothing() -> None:
    balance = Balance()
    book(balance, "1", "lstm", 9.0)
    assert extra(balance, "2", "gru") == 0.0
    book(balance, "1", "gru", 6.0)
    assert extra(balance, "2", "lstm") == 0.0
    assert extra(balance, "2", "gru") == 3.0


def test_what_is_promised_is_promised_once() -> None:
    balance = Balance()
    book(balance, "1", "lstm", 9.0)
    book(balance, "1", "gru", 6.0)
    promised = balance.evened(order("2", "gru"))
    assert promised.extra_seconds == 3.0 and extra(balance, "3", "gru") == 0.0
    balance.forget([promised])  # its time had run out before it was begun
    assert extra(balance, "3", "gru") == 3.0


def test_what_was_given_counts_when_it_is_there() -> None:
    balance = Balance()
    book(balance, "1", "lstm", 9.0)
    book(balance, "1", "gru", 6.0)
    assert extra(balance, "2", "gru") == 3.0
    book(balance, "2", "lstm", 9.0)
    book(balance, "2", "gru", 7.0)  # usually six, and one of the three
    assert extra(balance, "3", "gru") == 5.0
    book(balance, "3", "gru", 14.0)
    book(balance, "3", "lstm", 8.0)
    assert extra(balance, "4", "gru") == 0.0 and extra(balance, "4", "lstm") == 1.0


def test_a_plain_network_is_no_half_of_a_pair() -> None:
    balance = Balance()
    book(balance, "1", "lstm", 9.0)
    book(balance, "1", "rnn", 2.0)
    book(balance, "1", "gru", 6.0)
    assert extra(balance, "2", "rnn") == 0.0 and extra(balance, "2", "gru") == 3.0
