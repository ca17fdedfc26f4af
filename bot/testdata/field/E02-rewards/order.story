> flow flow.yaml
> invite Ann flow=e2_rewards site=main-street service_name=Haircut
> start
> tap +2
= sat: 2
> say Ann
> say ann@example.com
= customer: 123-1234567-1234567
> say 12
= order: -
= customer: The number stands on the slip in the parcel.
> say 113-1234567-7654321
= customer: https://shop.example/feedback?order=113-1234567-7654321
