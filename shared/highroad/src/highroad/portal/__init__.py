"""The portal: pages and JSON over what the library knows, and the launcher of projects."""
