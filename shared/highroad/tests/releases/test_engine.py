"""Every way in which an engine is not there is one clear message."""

from __future__ import annotations

import pytest

from highroad.errors import EngineError, ImageError
from highroad.releases.engine import find_engine

OLD = 'if [ "$1" = --version ]; then echo "Docker version 20.10.24, build 1"; exit; fi\n'
NEW = 'if [ "$1" = --version ]; then echo "Docker version 28.2.2, build 1"; exit; fi\n'
UP = 'if [ "$1" = version ]; then echo 20.10; exit; fi\n'
DOWN = 'if [ "$1" = version ]; then echo "Cannot connect to the Docker daemon." >&2; exit 1; fi\n'


def test_no_docker(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"No `docker` .* only images and deployments"):
        find_engine()


def test_an_engine_that_does_not_answer(docker):
    docker(OLD + DOWN)
    with pytest.raises(EngineError, match=r"does not answer: Cannot connect .* systemctl start"):
        find_engine()


def test_a_client_that_cannot_build_and_another_that_can(docker):
    docker(NEW + "exit 1")
    with pytest.raises(EngineError, match="needs the plugin buildx"):
        find_engine()
    able = docker(OLD + UP, folder="bin2")
    assert find_engine().command == able.command


def test_a_new_client_with_buildx_is_taken(docker):
    assert find_engine_of(docker, NEW + UP + "exit 0")


def find_engine_of(docker, script):
    return docker(script).command == find_engine().command


def test_steps_are_told_and_a_failure_ends_with_what_was_said(docker):
    engine, told = (
        docker(UP + "echo '#1 [tools 1/2] RUN one'; echo 'noise'; echo 'it broke' >&2; exit 1"),
        [],
    )
    with pytest.raises(ImageError, match=r"`docker build` failed:\n(.*\n)*  it broke"):
        engine.watch(["build"], told.append)
    assert told == ["#1 [tools 1/2] RUN one"]


def test_a_full_disk_says_what_frees_it(docker):
    engine = docker(UP + "echo 'write /var/lib/x: no space left on device'; exit 1")
    with pytest.raises(ImageError, match=r"disk is full(.|\n)*docker builder prune"):
        engine.watch(["build"], print)


def test_an_engine_that_stops_in_the_middle_is_no_fault_of_the_image(docker):
    engine = docker(DOWN + "echo '#1 [tools 1/2] RUN one'; exit 1")
    with pytest.raises(EngineError, match=r"stopped during `docker build`(.|\n)*repeat"):
        engine.watch(["build"], print)


def test_what_a_failing_build_prints_is_told_without_passwords(docker):
    engine = docker(UP + "echo 'index https://me:correct-horse@index.example failed'; exit 1")
    with pytest.raises(ImageError) as caught:
        engine.watch(["build"], print)
    assert "correct-horse" not in str(caught.value)
