> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> say :+1:
= overall: 4
= case: none
