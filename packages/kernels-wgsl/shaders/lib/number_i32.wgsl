// What a kernel of numbers computes in where they are whole: sums and products wrap around.
alias Number = i32;
