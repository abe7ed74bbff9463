"""Which cameras wall and desk hold: the page's own script, in node; the server is played."""

from typing import Any

from tests.maps.scripts import run

PLAY = """
    const asked = [];
    const held = [];
    const crowded = [];
    const moved = [];
    let answers = [];
    const cameras = {
      replace: ({ features }) => (held.length = 0, held.push(...features)),
      apply: (change) => held.push(change),
    };
    const map = {
      box: null,
      boxOfEach: () => map.box,
      sayCrowded: (shown) => crowded.push(shown),
      map: { on: (_name, act) => moved.push(act) },
    };
    const ask = (url) => {
      asked.push(url.split("?")[1]);
      return new Promise((told) => answers.push((body) => told({ body })));
    };
    let chosen = null;
    const points = new it.Points(cameras, map, "/cameras", { ask, shown: () => {}, chosen: () => chosen });
    const begun = () => new Promise((next) => setTimeout(next, 0));
    const answer = async (features, complete) => {
      answers.shift()({ features, complete });
      await begun();
    };
"""  # noqa: E501


def play(story: str) -> Any:
    return run("points", PLAY + story)


def test_few_are_loaded_once_and_a_move_asks_for_nothing() -> None:
    asked, held, moved = play("""
        points.load();
        await answer(["a", "b"], true);
        return [asked, held, moved.length];
    """)

    assert (asked, held, moved) == (["limit=5000"], ["a", "b"], 0)


def test_of_many_those_in_view_are_asked_for_and_from_afar_none() -> None:
    asked, held, crowded = play("""
        points.load();
        await answer(["a"], false);
        map.box = "1,2,3,4";
        moved[0]();
        await answer(["c"], false);
        return [asked, held, crowded];
    """)

    assert asked == ["limit=5000", "limit=20000&bbox=1,2,3,4"]
    assert (held, crowded) == (["c"], [1])


def test_an_answer_that_the_map_has_moved_on_from_is_dropped() -> None:
    held = play("""
        points.load();
        await answer([], false);
        map.box = "1,1,2,2";
        points.load();
        map.box = "5,5,6,6";
        points.load();
        const [first, second] = answers;
        second({ features: ["new"], complete: true });
        await begun();
        first({ features: ["old"], complete: true });
        await begun();
        return held;
    """)

    assert held == ["new"]


def test_what_the_feed_tells_while_the_answer_is_on_its_way_holds_after_it() -> None:
    held = play("""
        points.load();
        points.apply("change");
        await answer(["a"], true);
        return held;
    """)

    assert held == ["a", "change"]


def test_of_many_those_that_filters_choose_are_held_from_afar_too() -> None:
    asked, held = play("""
        points.load();
        await answer([], false);
        chosen = Promise.resolve({ features: ["x"], complete: true });
        await points.load();
        return [asked, held];
    """)

    assert (asked, held) == (["limit=5000"], ["x"])


def test_a_refusal_does_not_keep_changes_for_ever() -> None:
    loading = play("""
        const refused = new it.Points(cameras, map, "/cameras", {
          ask: () => Promise.reject(new Error("no")), shown: () => {} });
        const message = await refused.load().catch((error) => error.message);
        return [message, refused.loading.size];
    """)

    assert loading == ["no", 0]
