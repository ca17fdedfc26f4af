> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> tap Not now
> say hello, my hair is green!! I want to speak to the manager
= staff: my hair is green
! customer: nobody reads this
