> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> tap 2
> say something else: the parking
= reason: other, “the parking”
