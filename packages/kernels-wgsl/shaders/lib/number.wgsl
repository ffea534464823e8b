// What a kernel of numbers computes in.
alias Number = f32;
