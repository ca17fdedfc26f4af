> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> say ٥
= overall: 5
