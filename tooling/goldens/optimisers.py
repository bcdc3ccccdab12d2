"""Writes test-fixtures/golden/tensor-kernels/optim/adamw-<schedule>.json: AdamW with clipping under each learning-rate schedule, float64.

Order of a step, as in transformers' Trainer: clip the gradient, optimizer.step(), scheduler.step(). A step's `learningRate` is the one used
by that step, `gradientNorm` the norm before clipping, `parameters` the values after the step.
"""

from __future__ import annotations

import math

import torch
from common import GOLDEN, single, write_json, write_sidecar
from transformers import get_scheduler

SEED = 11
STEPS = 12
WARMUP_RATIO = 0.1
LEARNING_RATE = 0.05  # large, so that 12 steps move the parameters well beyond rounding
MAX_GRADIENT_NORM = 1.0
ADAMW = {"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.1}
SHAPES = {"a": (3, 4), "b": (5,), "c": (2, 1, 3)}
SCHEDULES = ["cosine", "linear", "constant", "constant_with_warmup"]


def main() -> None:
    generator = torch.Generator().manual_seed(SEED)

    def randn(shape, scale=1.0):
        return single(scale * torch.randn(shape, generator=generator, dtype=torch.float64))

    initial = {name: randn(shape) for name, shape in SHAPES.items()}
    # Scales from 0.02 to 3 put the norm below the limit on some steps and above it on others; step 6 has an all-zero gradient.
    scales = [3.0, 1.0, 0.1, 0.02, 0.5, 2.0, 0.0, 0.05, 1.5, 0.1, 0.3, 1.0]
    gradients = [{name: randn(shape, scale) for name, shape in SHAPES.items()} for scale in scales]
    warmup_steps = math.ceil(STEPS * WARMUP_RATIO)

    for schedule in SCHEDULES:
        parameters = {name: torch.nn.Parameter(value.clone()) for name, value in initial.items()}
        optimizer = torch.optim.AdamW(list(parameters.values()), lr=LEARNING_RATE, foreach=False, **ADAMW)
        scheduler = get_scheduler(schedule, optimizer, num_warmup_steps=warmup_steps, num_training_steps=STEPS)
        steps = []
        for step_gradients in gradients:
            for name, parameter in parameters.items():
                parameter.grad = step_gradients[name].clone()
            norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), MAX_GRADIENT_NORM)
            learning_rate = optimizer.param_groups[0]["lr"]
            optimizer.step()
            scheduler.step()
            steps.append(
                {
                    "learningRate": learning_rate,
                    "gradientNorm": norm.item(),
                    "gradients": {name: value.flatten().tolist() for name, value in step_gradients.items()},
                    "parameters": {name: value.detach().flatten().tolist() for name, value in parameters.items()},
                }
            )
        golden = {
            "optimiser": {
                "name": "adamw",
                "learningRate": LEARNING_RATE,
                "beta1": ADAMW["betas"][0],
                "beta2": ADAMW["betas"][1],
                "epsilon": ADAMW["eps"],
                "weightDecay": ADAMW["weight_decay"],
                "maxGradientNorm": MAX_GRADIENT_NORM,
                "clipNote": "torch scales by min(1, maxGradientNorm / (norm + 1e-6))",
            },
            "schedule": {"name": schedule, "warmupRatio": WARMUP_RATIO, "warmupSteps": warmup_steps, "totalSteps": STEPS},
            "shapes": {name: list(shape) for name, shape in SHAPES.items()},
            "initial": {name: value.flatten().tolist() for name, value in initial.items()},
            "steps": steps,
        }
        path = GOLDEN / "tensor-kernels" / "optim" / f"adamw-{schedule.replace('_', '-')}.json"
        write_json(path, golden)
        write_sidecar(path, __file__, SEED, ("torch", "transformers"), [])
        print(schedule, [round(step["learningRate"], 5) for step in steps], [round(step["gradientNorm"], 3) for step in steps])


if __name__ == "__main__":
    main()
