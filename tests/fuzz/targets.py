"""What is fuzzed."""

from . import exports, images, lines, manifests, plans, settings

TARGETS = {
    **manifests.TARGETS,
    **plans.TARGETS,
    **exports.TARGETS,
    **images.TARGETS,
    **settings.TARGETS,
    **lines.TARGETS,
}
