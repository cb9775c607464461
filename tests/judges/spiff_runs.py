"""SpiffWorkflow carries out exported procedures and must come to the ends to which the house's engine came.

    spiff_runs.py FOLDER

FOLDER holds `*.bpmn` and `walks.jsonl`: one run of the house's engine in each line, as the steps in order, each with the
variables as they stood when the case left it, and the end. Prints one line for each difference; fails when there is one.
"""

import json
import pathlib
import sys

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.defaults import CallActivity, EndEvent
from SpiffWorkflow.util.task import TaskState

folder = pathlib.Path(sys.argv[1])
walks: dict[str, list[dict]] = {}
for line in (folder / "walks.jsonl").read_text().splitlines():
    walk = json.loads(line)
    walks.setdefault(walk["process"], []).append(walk)
parser = BpmnParser()
parser.add_bpmn_files([str(file) for file in sorted(folder.glob("*.bpmn"))])
calls = {}
for process in walks:
    for spec in parser.get_spec(process).task_specs.values():
        if isinstance(spec, CallActivity):
            calls[process, spec.bpmn_id] = spec.spec


class Differs(Exception):
    pass


def play(workflow: BpmnWorkflow, walk: dict, after: dict) -> None:
    """Does the walk's steps; `after` are the variables that the calling process decides by once this one has ended."""
    for at, (step, facts) in enumerate(walk["steps"]):
        workflow.do_engine_steps()
        called = calls.get((walk["process"], step))
        if called:
            wanted = facts[f"{step}_subcase"]
            # What the other case comes to is for the caller's next gateway alone: any run of it does.
            some = [w for w in walks[called] if w["plain"]]
            play(workflow, next((w for w in some if w["outcome"] == wanted), some[0]), facts)
            continue
        ready = [task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual]
        if [task.task_spec.bpmn_id for task in ready] != [step]:
            if step in walk["passed"]:  # the engine there goes on by itself
                continue
            raise Differs(f"at {step}: ready are {[task.task_spec.bpmn_id for task in ready]}")
        last = at + 1 == len(walk["steps"])
        ready[0].data.update(facts | after if last else facts)
        ready[0].run()
    workflow.do_engine_steps()


differences = runs = steps = 0
for process, some in sorted(walks.items()):
    spec, called = parser.get_spec(process), parser.get_subprocess_specs(process)
    for walk in some:
        workflow = BpmnWorkflow(spec, called)
        runs, steps = runs + 1, steps + len(walk["steps"])
        try:
            play(workflow, walk, {})
            ended = workflow.get_tasks(state=TaskState.COMPLETED, spec_class=EndEvent)
            ends = [task.task_spec.bpmn_id for task in ended if task.workflow is workflow]
            if not workflow.completed or ends != [walk["end"]]:
                raise Differs(f"ends at {ends}, not at {walk['end']}")
        except Exception as why:  # an error of theirs is a difference too
            differences += 1
            print(f"{process}: {type(why).__name__}: {why}; the walk: {[step for step, _ in walk['steps']]}")
print(f"{runs} runs, {steps} steps, {differences} differences")
sys.exit(1 if differences else 0)
