> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> tap 5
> say But the stylist burned my ear and I want my money back
= staff: burned my ear
= customer: It is a complaint
