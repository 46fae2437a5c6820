"""A manifest from a folder or a store; imports manifests and images."""
