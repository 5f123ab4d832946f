; Macros that every program has.

(define-macro (let bindings . body)
  `((lambda ,(map car bindings) ,@body) ,@(map (lambda (b) (car (cdr b))) bindings)))

(define-macro (let* bindings . body)
  (if (null? bindings)
      `(let () ,@body)
      `(let (,(car bindings)) (let* ,(cdr bindings) ,@body))))

(define-macro (cond . clauses)
  (if (null? clauses)
      'nil
      (if (eq? (car (car clauses)) 'else)
          `(begin ,@(cdr (car clauses)))
          `(if ,(car (car clauses)) (begin ,@(cdr (car clauses))) (cond ,@(cdr clauses))))))

(define-macro (and . tests)
  (cond ((null? tests) #t)
        ((null? (cdr tests)) (car tests))
        (else `(if ,(car tests) (and ,@(cdr tests)) #f))))

(define-macro (or . tests)
  (cond ((null? tests) #f)
        ((null? (cdr tests)) (car tests))
        (else `(let ((first-of-or ,(car tests))) (if first-of-or first-of-or (or ,@(cdr tests)))))))

(define-macro (when test . body) `(if ,test (begin ,@body)))
(define-macro (unless test . body) `(if ,test nil (begin ,@body)))

; (extern lib (name result argument ...) ...): C functions, by their own names.
(define-macro (extern lib . declarations)
  `(begin ,@(map (lambda (d) `(define ,(car d) (foreign ,lib ',(car d) ',(car (cdr d)) ',(cdr (cdr d)))))
                 declarations)))

(define (for-each f items)
  (unless (null? items) (f (car items)) (for-each f (cdr items))))
