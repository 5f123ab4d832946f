; Lisp calls libm, sorts with C's qsort and a lambda, drives SQLite, and catches what C reports.

(define m (library "m"))
(define libc (library))
(extern m (pow double double double) (hypot double double double))
(display "libm:   2^10 =" (pow 2 10) " hypot(3, 4) =" (hypot 3 4))

; ---- qsort, with a comparison in Lisp
(extern libc (qsort void pointer size_t size_t pointer))

(define (sort-ints numbers before?)
  (let* ((memory (new `(array int ,(length numbers)) numbers))
         (compare (callback 'int '((pointer int) (pointer int))
                            (lambda (a b)
                              (cond ((before? (ref a 0) (ref b 0)) -1)
                                    ((before? (ref b 0) (ref a 0)) 1)
                                    (else 0))))))
    (qsort memory (length numbers) (sizeof 'int) compare)
    (items memory)))

(display "qsort:  " (sort-ints '(5 3 9 1 7) <) (sort-ints '(5 3 9 1 7) >))

; A comparison that fails: C ends its loop, then the error is here.
(display "raised:" (try (sort-ints '(2 1) (lambda (a b) (error "cannot compare" a "and" b)))
                     (catch e (error-message e))))

; ---- errors of C
(define c-open (foreign libc "open" 'int '(string int ...) 'errno))
(display "errno: " (try (c-open "/no/such/file" 0) (catch e (errno-name e))))
(display "checked:" (try (pow "two" 10) (catch e (error-message e))))

; ---- SQLite
(define sqlite (library "sqlite3"))
(extern sqlite
  (sqlite3_initialize int)
  (sqlite3_open int string (out pointer))
  (sqlite3_exec int pointer string pointer pointer pointer)
  (sqlite3_errmsg string pointer)
  (sqlite3_close int pointer))

(define rows '())
(define row (callback 'int '(pointer int (pointer string) (pointer string))
  (lambda (app count texts names)
    (set! rows (append rows (list (map (lambda (i) (ref texts i)) (range count)))))
    0)))

(sqlite3_initialize)
(define db (car (cdr (sqlite3_open ":memory:"))))

(define (sql text)
  (set! rows '())
  (if (= (sqlite3_exec db text row nil nil) 0)
      rows
      (error (sqlite3_errmsg db))))

(sql "CREATE TABLE word (text, size); INSERT INTO word VALUES ('pear', 4), ('fig', 3), ('banana', 6)")
(display "SQLite:" (sql "SELECT text, size FROM word ORDER BY size"))
(display "raised:" (try (sql "SELECT missing FROM word") (catch e (error-message e))))
(sqlite3_close db)

; ---- tail calls: a loop of twenty thousand calls of C needs no stack
(define (sum-of-powers n total)
  (if (= n 0) total (sum-of-powers (- n 1) (+ total (pow n 0.5)))))
(display "loop:  " (quotient (sum-of-powers 20000 0) 1))
