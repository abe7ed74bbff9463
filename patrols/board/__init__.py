"""Who stands where and when: posts, shifts, people, and the week's duties."""
