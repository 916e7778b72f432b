"""One ready model behind a queue: what it answers, where it looked, what its SE gates did.

Pictures go in, frozen rows of floats, strings and numpy arrays come out: no tensor leaves the engine, so its
answers can be cached, sent to another machine and shown without torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor
from torchvision.models.efficientnet import EfficientNet

from ..architecture import Architecture
from ..cost import cost_of
from ..foreign_text import shortened
from ..networks.device import is_out_of_memory, pick_device
from ..networks.weights import Model
from ..progress import Cancelled, Progress
from . import faithfulness, methods
from . import randomisation as explain_randomisation
from .block_arithmetic import BlockWeights, read_weights
from .block_trace import steps_of
from .explanations import Names, Request, explanations, to_numpy
from .gate_edits import GateEdit, resolve_edits
from .gates import editing, logits_with_closed, strongest_flip, up_to_gate
from .grad_cam import grad_cam_ladder
from .inference_twin import quickest
from .request_queue import NetworkFailed, RequestQueue
from .results import (
    BlockTrace,
    ChannelEffect,
    ClassChange,
    Explanation,
    Faithfulness,
    Heatmap,
    Intervention,
    Randomised,
)

Answer = TypeVar("Answer")
Picture = Image | np.ndarray

BATCH_BYTES = 1 << 29  # target memory of one batch
BYTES_PER_ACTIVATION = 12  # float32, three times: convolution, batch norm and activation function
FLIPS_TRIED = 16
FEWER_AT_ONCE = "The GPU ran out of memory: {name} takes fewer pictures at once from now on, {size} at most."
OUT_OF_MEMORY = "The GPU ran out of memory: {name} runs on the CPU from now on, more slowly."
LONGEST_REASON = 160  # characters of what PyTorch says; some of its messages are pages


class Engine:
    """One model, ready to predict and to explain. Safe to share between threads.

    A picture is RGB, or what `preparation.tensor` made of one: (3, crop, crop) float32.

    >>> engine = load("tiny", device="cpu")
    >>> [answer] = engine.explain([load_sample("coffee")], top=1)
    >>> answer.top[0].label, len(answer.gates), answer.heatmaps[0].values.shape
    ('espresso', 16, (6, 6))
    """

    def __init__(self, model: Model, device: str = "auto") -> None:
        self.name, self.weights, self.labels, self.groups = model.name, model.weights, model.labels, model.groups
        self.architecture: Architecture = model.architecture
        self.preparation, self.notes = model.preparation, model.notes
        self.device = pick_device(device)
        self.notice: str | None = None
        self._network = copy.deepcopy(model.module).requires_grad_(False).eval()  # a copy: others may hold the model
        self._names = Names(model.labels, model.groups)
        self._quick: EfficientNet | None = None
        self._placed_on: str | None = None
        self.queue = RequestQueue()
        self._batch_size = _batch_size(self.architecture.at(resolution=self.preparation.crop))
        self._on_device(lambda: None)

    @property
    def layers(self) -> tuple[str, ...]:
        """Stages at which Grad-CAM can look, first to last."""
        return tuple(f"features.{stage}" for stage in range(len(self._network.features)))

    def explain(
        self, images: Sequence[Picture], *, top: int = 5, layer: str | None = None, target: int | None = None
    ) -> list[Explanation]:
        """Classes, all SE gates and Grad-CAM of each picture, from one forward pass.

        `top`: how many classes, at most all. `layer`: where Grad-CAM looks, by default the last convolution,
        which needs no backward pass. `target`: one class to map instead of the top ones.
        What other threads ask alike goes through the network with these pictures, where that can't change an answer.
        Raises ValueError for a layer or class that the model does not have, Busy when too many questions wait, and
        NetworkFailed as every question does when PyTorch can't compute it.
        """
        self._check(top, layer, target)
        request = Request(top, self.layers.index(layer or self.layers[-1]), target)

        def together(batches: list[Tensor]) -> list[list[Explanation]]:
            x, answers = torch.cat(batches), []
            while len(answers) < len(x):
                rest = x[len(answers) :]
                answers += self._placed(lambda rest=rest: self._explain(rest, request), at_once=len(rest))
            each = iter(answers)
            return [list(islice(each, len(batch))) for batch in batches]

        answers: list[Explanation] = []
        while len(answers) < len(images):
            x = self._prepare(images[len(answers) :][: self._batch_size])
            kind = request if self._may_share(request) else None
            answers += self.queue.ask(x, together, kind=kind, size=len(x), most=self._batch_size)
        return answers

    def _explain(self, x: Tensor, request: Request) -> list[Explanation]:
        """Of the first pictures, as many as one batch may have by now."""
        x = x[: self._batch_size].to(self.device)
        return explanations(self._quickest(x) if self._is_last(request) else self._network, x, request, self._names)

    def _is_last(self, request: Request) -> bool:
        return request.stage == len(self.layers) - 1

    def _may_share(self, request: Request) -> bool:
        """Whether a picture's answer is the same alone and in a batch, where float32 sums run in another order.

        That the folded twin agreed says that this network does not amplify such differences.
        """
        return self._is_last(request) and self._quick not in (None, self._network)

    def trace(self, image: Picture, block: str) -> BlockTrace:
        """What each step of one MBConv produced. Raises ValueError listing the valid blocks."""
        chosen = self.architecture.block(block)
        x = self._prepare([image])
        steps = self._on_device(
            lambda: [
                (name, to_numpy(value)[0]) for name, value in steps_of(self._network, x.to(self.device), block).items()
            ]
        )
        return BlockTrace(chosen, tuple(steps))

    def block_weights(self, block: str) -> BlockWeights:
        """Weights of one MBConv, to repeat its arithmetic. Raises ValueError listing the valid blocks."""
        chosen = self.architecture.block(block)
        return self._on_device(lambda: read_weights(chosen, self._network.get_submodule(block)))

    def attribute(
        self,
        image: Picture,
        *,
        method: str,
        target: int | None = None,
        layer: str | None = None,
        progress: Progress | None = None,
        **parameters: int,
    ) -> Heatmap:
        """One picture's map by one of methods.METHODS, for the top class unless `target` names one.

        `layer`: for methods that look at a stage, by default the last. Raises Cancelled, and
        ValueError listing the valid methods, layers or parameters.
        """
        self._check(1, layer, target)
        x, request = self._prepare([image]), methods.checked(method, layer, target, parameters)
        share = self._giving_way(progress)
        return self._on_device(
            lambda: methods.answer(self._network, x.to(self.device), request, self._batch_size, share),
            at_once=methods.pictures(request, x.shape[-1]),
        )

    def ladder(self, image: Picture, *, targets: Sequence[int]) -> list[Heatmap]:
        """Signed Grad-CAM at every stage, first to last, of each target in turn; one backward pass a target.

        Raises ValueError for a class that the model does not have.
        """
        for target in targets:
            self._check(1, None, target)
        x = self._prepare([image])
        stages = self._on_device(
            lambda: [to_numpy(maps) for maps in grad_cam_ladder(self._network, x.to(self.device), targets)]
        )
        return [
            Heatmap(layer, target, maps[number], signed=True)
            for number, target in enumerate(targets)
            for layer, maps in zip(self.layers, stages, strict=True)
        ]

    def faithfulness(self, image: Picture, heatmap: Heatmap, *, progress: Progress | None = None) -> Faithfulness:
        """Deletion and insertion curves of this picture's map, a random map and a blob in the centre."""
        self._check(1, None, heatmap.target)

        @torch.no_grad()
        def scores(x: Tensor) -> np.ndarray:
            parts = x.split(self._batch_size)
            return np.concatenate(
                [to_numpy(self._network(x.to(self.device)).softmax(1)[:, heatmap.target]) for x in parts]
            )

        def probabilities(x: Tensor) -> np.ndarray:
            return self._on_device(lambda: scores(x), at_once=len(x))

        [x] = self._prepare([image])
        return faithfulness.judge(probabilities, x, heatmap, batch_size=self._batch_size, progress=progress)

    def randomisation(
        self, image: Picture, heatmap: Heatmap, *, progress: Progress | None = None, **parameters: int
    ) -> list[Randomised]:
        """Recompute this picture's map as the layers of a copy are randomised, the classifier first.

        `parameters`: the method's, as for the map itself. A signed Grad-CAM map is compared with its signs.
        """
        layer = None if heatmap.layer == methods.INPUT else heatmap.layer
        self._check(1, layer, heatmap.target)
        x = self._prepare([image])
        request = methods.checked(heatmap.method, layer, heatmap.target, parameters, signed=heatmap.signed)
        network = self._on_device(lambda: copy.deepcopy(self._network))

        def look(progress: Progress) -> Heatmap:
            share = self._giving_way(progress)
            return self._on_device(
                lambda: methods.answer(network.to(self.device), x.to(self.device), request, self._batch_size, share),
                at_once=methods.pictures(request, x.shape[-1]),
            )

        return explain_randomisation.randomised(network, look, heatmap, progress=progress)

    def _check(self, top: int, layer: str | None, target: int | None) -> None:
        classes = self.architecture.classes
        if top < 1:
            raise ValueError(f"top is {top}; allowed is 1 to {classes}")
        if layer is not None and layer not in self.layers:
            raise ValueError(f"{self.name} has no layer {layer!r} for Grad-CAM; it has {', '.join(self.layers)}")
        if target is not None and not 0 <= target < classes:
            raise ValueError(f"target is {target}; the classes of {self.name} are 0 to {classes - 1}")

    def _prepare(self, images: Sequence[Picture]) -> Tensor:
        prepared = (image if isinstance(image, np.ndarray) else self.preparation.tensor(image) for image in images)
        return torch.from_numpy(np.stack([*prepared]))

    def _giving_way(self, progress: Progress | None) -> Progress:
        """For answers of many batches: after each, the questions that wait come first."""

        def report(share: float) -> bool:
            if progress and not progress(share):
                return False
            before = self._placed_on
            self.queue.give_way()
            if self._placed_on != before:  # one of them ran out of memory: this answer begins anew there, see _placed
                raise torch.OutOfMemoryError
            return True

        return report

    def _on_device(self, work: Callable[[], Answer], at_once: int = 1) -> Answer:
        """Run the network when this thread's turn has come; `at_once` as in _placed."""
        return self.queue.ask(work, lambda works: [self._placed(work, at_once) for work in works])

    def _placed(self, work: Callable[[], Answer], at_once: int) -> Answer:
        """Run the network where it is; again where the GPU runs out of memory, see _with_less_memory.

        `at_once`: pictures that `work` puts into one batch if _batch_size lets it; it reads that anew in each try.
        Raises NetworkFailed with PyTorch's reason.
        """
        try:
            return self._tried(work, at_once)
        except (RuntimeError, MemoryError) as error:
            reason = shortened(str(error) or type(error).__name__, LONGEST_REASON)
            raise NetworkFailed(f"{self.name} could not answer this on {self.device.upper()}: {reason}") from error

    def _tried(self, work: Callable[[], Answer], at_once: int) -> Answer:
        for _ in self._with_less_memory(at_once):
            try:
                self._place()
                return work()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
        self._place()
        torch.cuda.empty_cache()
        return work()

    def _with_less_memory(self, at_once: int) -> Iterator[None]:
        """One step a try on the GPU: half as many pictures at once as in the one before; then only the CPU is left.

        A loop resumes it outside of its except clause: inside, the failed pass still holds its memory.
        """
        yield
        while (size := min(at_once, self._batch_size) // 2) and self.device != "cpu":
            self._batch_size, self.notice = size, FEWER_AT_ONCE.format(name=self.name, size=size)
            yield
        self.device, self.notice = "cpu", OUT_OF_MEMORY.format(name=self.name)

    def _place(self) -> None:
        """Bring the network to the device, unless it is there: asking each of its tensors takes milliseconds."""
        if self.device.startswith("cuda"):
            torch.backends.cudnn.allow_tf32 = False  # else convolutions keep 10 bits, and gates differ from the CPU's
        if self._placed_on != self.device:
            self._quick = None
            self._network.to(self.device)
            self._placed_on = self.device
        if self._network.training:
            self._network.eval()

    def _quickest(self, x: Tensor) -> EfficientNet:
        """The folded twin, for passes without gradients or edits; made when first needed."""
        if self._quick is None:
            self._quick = quickest(self._network, x[:1])
        return self._quick

    def intervene(
        self,
        image: Picture,
        edits: Sequence[GateEdit],
        *,
        top: int = 5,
        layer: str | None = None,
        target: int | None = None,
    ) -> Intervention:
        """One picture's answer before and after its gates are edited, and how the top classes of both changed.

        `layer`, `target`: where and for which class Grad-CAM looks, by default the last convolution and the first
        answer before. Raises ValueError listing the valid blocks, channels or values.
        """
        self._check(top, layer, target)
        gates = resolve_edits(edits, self.architecture)
        stage, x = self.layers.index(layer or self.layers[-1]), self._prepare([image])
        before, after = self._on_device(lambda: self._edited(x, gates, stage, target))
        rows = [{row.index: row for row in answer.top} for answer in (before, after)]
        chosen = dict.fromkeys(row.index for answer in (before, after) for row in answer.top[:top])
        return Intervention(
            tuple(edits), before, after, tuple(ClassChange(rows[0][index], rows[1][index]) for index in chosen)
        )

    def _edited(
        self, x: Tensor, gates: dict[str, np.ndarray], stage: int, target: int | None
    ) -> tuple[Explanation, Explanation]:
        x, classes = x.to(self.device), self.architecture.classes
        request = Request(classes, stage, target, mapped=1)
        [before] = explanations(self._network, x, request, self._names)
        with editing(self._network, gates):
            request = Request(classes, stage, before.heatmaps[0].target)
            [after] = explanations(self._network, x, request, self._names)
        return before, after

    def strongest_flip(self, image: Picture, block: str) -> int:
        """The channel of a block that changes the first answer's probability most if its gate is flipped.

        Flipped: moved to its farther end, 0 or 1. Found among the FLIPS_TRIED likeliest, from one backward pass.
        Raises ValueError listing the valid blocks.
        """
        self.architecture.block(block)
        x = self._prepare([image])

        def search() -> int:
            halfway = up_to_gate(self._network, x.to(self.device), block)
            return strongest_flip(self._network, halfway, block, tried=FLIPS_TRIED, at_once=self._batch_size)

        return self._on_device(search, at_once=FLIPS_TRIED)

    def rank_channels(
        self, image: Picture, block: str, *, target: int, progress: Progress | None = None
    ) -> list[ChannelEffect]:
        """How much the target's logit falls when each channel of a block is closed, largest fall first.

        Other threads can use the network between batches. Raises Cancelled when `progress` returns False, and
        ValueError for a block or class that the model does not have.
        """
        channels = range(self.architecture.block(block).expanded_channels)
        self._check(1, None, target)
        x = self._prepare([image])
        halfway = self._on_device(lambda: up_to_gate(self._network, x.to(self.device), block))

        def target_logits(closed: Sequence[int | None]) -> list[float]:
            here = type(halfway)(*(tensor.to(self.device) for tensor in halfway))
            return logits_with_closed(self._network, here, block, closed)[:, target].tolist()

        [whole] = self._on_device(lambda: target_logits([None]))
        logits: list[float] = []
        while len(logits) < len(channels):
            batch = channels[len(logits) :][: self._batch_size]
            logits += self._on_device(lambda batch=batch: target_logits(batch[: self._batch_size]), at_once=len(batch))
            if progress and not progress(len(logits) / len(channels)):
                raise Cancelled(f"stopped after {len(logits)} of {len(channels)} channels of {block}")
        effects = map(ChannelEffect, channels, halfway.gate.tolist(), [whole - logit for logit in logits])
        return sorted(effects, key=lambda effect: -effect.drop)


def _batch_size(architecture: Architecture) -> int:
    """Pictures that keep a pass near BATCH_BYTES, counting all activations as if none could be freed."""
    return max(1, BATCH_BYTES // (BYTES_PER_ACTIVATION * cost_of(architecture).activations))
