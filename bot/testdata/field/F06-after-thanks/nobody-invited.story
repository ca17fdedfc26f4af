> invite Ann
> say you burned my ear yesterday
= staff: burned my ear
! customer: nobody reads this
