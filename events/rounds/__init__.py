"""Video rounds (视频巡查): somebody looks through cameras one after the other, and says so."""
