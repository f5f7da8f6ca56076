"""The screens, by whom they are for. They read by the services and journeys that the API has, and decide nothing."""
