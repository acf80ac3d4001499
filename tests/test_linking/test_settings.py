import pytest

from linking import LinkerSettings, SettingsError


def test_settings_survive_json():
    settings = LinkerSettings(max_candidates=2, overlap="all", languages=("en", "zh"))
    assert LinkerSettings.from_json(settings.to_json()) == settings


def test_what_is_not_given_takes_its_default():
    assert LinkerSettings.from_json({}) == LinkerSettings()


def test_a_whole_number_may_stand_for_a_share():
    assert LinkerSettings.from_json({"nil_threshold": 1}).nil_threshold == 1.0


def test_a_misspelt_key_names_the_nearest():
    with pytest.raises(SettingsError, match=r'"overlp".*nearest: "overlap"'):
        LinkerSettings.from_json({"overlp": "all"})


def test_all_faults_are_told_at_once():
    with pytest.raises(SettingsError) as fault:
        LinkerSettings.from_json({"max_candidates": "4", "languages": "en", "variants": 1})
    assert str(fault.value) == (
        "linker settings: max_candidates is '4', wanted: int; "
        "languages is 'en', wanted: list of strings; variants is 1, wanted: bool"
    )


def test_values_out_of_range_are_refused():
    with pytest.raises(SettingsError, match=r"max_candidates is 0, below 1; nil_threshold is 1\.5"):
        LinkerSettings(max_candidates=0, nil_threshold=1.5)
    with pytest.raises(SettingsError, match='overlap is "longst", wanted: best or longest or all'):
        LinkerSettings.from_json({"overlap": "longst"})
