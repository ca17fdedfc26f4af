> flow flow.yaml
> invite Ann flow=e1_nps site=main-street service_name=Haircut
> start
> tap 9
> say More colours
> say Speed, something else: the smell of the shop
= liked: speed, other, “the smell of the shop”
> tap Yes
> tap Yes
> say ann@example.com
= email: ann@example.com
= customer: Thank you for the 9!
