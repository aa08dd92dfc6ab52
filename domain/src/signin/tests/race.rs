//! Many at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};

use serde_json::json;

use super::world::{ANNA, BERND, World, wrong};
use crate::base::{Code, Error};
use crate::db::testing::TestDb;
use crate::db::{Db, Kind, Options};
use crate::limit::guess;
use crate::on_both;
use crate::signin::{self, SignedIn, Start};
use crate::verification::Dialect;

const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

/// Runs all of them beside each other on several threads.
pub fn together<T: Send + 'static>(tasks: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        let mut out = Vec::new();
        for task in tasks {
            out.push(task.await.unwrap());
        }
        out
    })
}

/// A world with as many connections as a server has.
pub fn crowded(test: &TestDb, patch: &serde_json::Value) -> World {
    let mut world = World::with(test, patch);
    if test.db.kind() == Kind::Postgres {
        world.db = Db::open(&Options { connections: 16, ..Options::new(test.url.clone()) }).unwrap();
    }
    world
}

/// How often PostgreSQL had to end a transaction because two waited for each other; each time costs a second.
pub fn deadlocks(world: &World) -> i64 {
    match world.db.kind() {
        Kind::Sqlite => 0,
        Kind::Postgres => world.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
    }
}

pub fn winners(answers: &[Result<Result<SignedIn, Error>, Error>]) -> usize {
    answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count()
}

on_both!(of_sixty_four_racers_with_the_right_code_exactly_one_gets_a_session, |test| {
    let world = crowded(test, &json!({}));
    let code = world.ask_and_get(ANNA, "anna");
    let answers = together((0..64).map(|_| world.finishing("anna", &code)).collect());
    assert_eq!((winners(&answers), world.value::<i64>(SESSIONS)), (1, 1));
    for answer in answers {
        if let Err(error) = answer.unwrap() {
            assert_eq!(error.code, Code::InvalidToken);
        }
    }
    assert_eq!(world.failures(ANNA), 0);
});

on_both!(of_racers_through_the_handles_of_one_code_exactly_one_gets_a_session, |test| {
    let world = crowded(test, &json!({}));
    let handles = ["h1", "h2", "h3"];
    for handle in handles {
        world.ask(ANNA, handle);
    }
    let code = world.code();
    let answers = together((0..24).map(|n| world.finishing(handles[n % 3], &code)).collect());
    assert_eq!((winners(&answers), world.value::<i64>(SESSIONS)), (1, 1));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(deadlocks(&world), 0);
});

on_both!(of_two_hundred_wrong_guesses_at_once_five_are_compared_and_the_right_code_fails_afterwards, |test| {
    let world = crowded(test, &json!({}));
    let code = world.ask_and_get(ANNA, "anna");
    let answers = together((0..200).map(|_| world.finishing("anna", &wrong(&code))).collect());
    assert_eq!(winners(&answers), 0);
    assert_eq!((world.value::<i64>("SELECT attempts FROM handles"), world.failures(ANNA)), (5, 5));
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(of_guesses_through_all_handles_of_a_code_at_most_five_per_handle_are_compared, |test| {
    let world = crowded(test, &json!({"otp": {"length": 10}}));
    let handles = ["h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"];
    for handle in handles {
        world.ask(ANNA, handle);
    }
    let code = world.code();
    together((0..160).map(|n| world.finishing(handles[n % 8], &wrong(&code))).collect());
    assert_eq!(world.failures(ANNA), 30);
    assert!(handles.iter().all(|handle| world.finish(handle, &code).is_err()));
});

on_both!(twenty_requests_for_one_number_at_once_are_one_message, |test| {
    let world = crowded(test, &json!({}));
    let answers = together((0..20).map(|_| world.starting(world.request(ANNA, None))).collect());
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.outbox().len(), 1);
    assert!(world.reserved(ANNA) <= guess::DAILY);
});

on_both!(twenty_retries_of_one_client_at_once_get_one_answer_and_one_message, |test| {
    let world = crowded(test, &json!({}));
    let request = || Start { idempotency_key: Some("k1".into()), ..world.request(ANNA, None) };
    let answers = together((0..20).map(|_| world.starting(request())).collect());
    let first = answers[0].as_ref().unwrap();
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap() == first));
    assert_eq!(world.outbox().len(), 1);
});

on_both!(strangers_who_ask_at_once_do_not_overdraw_the_budget, |test| {
    let world = crowded(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}}));
    world.sign_in(ANNA, "anna");
    let tasks = (0..60_u8).map(|n| world.from(&format!("203.0.{n}.1")).starting(world.request(ANNA, None)));
    assert!(together(tasks.collect()).iter().all(Result::is_ok));
    let mut lengths: Vec<_> = world.work().iter().map(|ready| ready.code().len()).collect();
    lengths.sort_unstable();
    assert_eq!((lengths.iter().filter(|l| **l == 6).count(), lengths.len()), (3, 60));
    assert!(world.reserved(ANNA) <= guess::DAILY);
});

on_both!(two_flows_racing_for_one_new_number_end_in_one_account, |test| {
    let world = crowded(test, &json!({}));
    for round in 0..5 {
        let mut world = world.of_project(&format!("r{round}"));
        let first = world.ask_and_get(ANNA, "first");
        world.later(30);
        let second = world.ask_and_get(ANNA, "second");
        let answers = together(vec![world.finishing("first", &first), world.finishing("second", &second)]);
        assert_eq!(winners(&answers), 2, "{answers:?}");
        let owner = world.owner(ANNA).unwrap();
        assert!(owner.id == "first" || owner.id == "second");
        assert!(answers.into_iter().all(|answer| answer.unwrap().unwrap().user.phone == owner.phone));
        for handle in ["first", "second"] {
            assert!(world.find_user(handle).is_none_or(|user| user.id == owner.id));
        }
    }
});

on_both!(two_workers_making_one_new_numbers_account_make_one, |test| {
    let mut world = crowded(test, &json!({"otp": {"resendSeconds": [0]}}));
    world.ask(ANNA, "first");
    world.by(Dialect::Nevr).ask_anew(ANNA);
    world.ask(ANNA, "third");
    let ready = together((0..3).map(|_| world.working(1)).collect());
    assert_eq!(ready.into_iter().map(|r| r.unwrap().len()).sum::<usize>(), 3);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users"), 1);
    world.later(1);
    assert!(world.work().is_empty());
});

on_both!(workers_never_take_one_message_twice, |test| {
    let world = crowded(test, &json!({}));
    for n in 0..40 {
        world.ask_anew(&format!("+49170{:03}4567", 100 + n));
    }
    let taken = together((0..20).map(|_| world.working(3)).collect());
    let mut ids: Vec<_> = taken.into_iter().flat_map(|r| r.unwrap()).map(|ready| ready.message.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), count), (40, 40));
});

on_both!(of_two_numbers_that_want_one_id_at_once_only_one_gets_it, |test| {
    let world = crowded(test, &json!({}));
    for round in 0..10 {
        let world = world.of_project(&format!("r{round}"));
        let ask = |phone| world.starting(world.request(phone, Some("wanted")));
        let answers = together(vec![ask(ANNA), ask(BERND)]);
        let echoed = answers.iter().filter(|answer| answer.as_ref().is_ok_and(|a| a.handle == "wanted")).count();
        assert_eq!(echoed, 1);
        // PostgreSQL may refuse the other one's row; he is told to try again, and nothing of his was kept.
        for error in answers.into_iter().filter_map(Result::err) {
            assert_eq!(error.code, Code::StoreUnavailable);
        }
    }
});

on_both!(asking_again_while_signing_in_harms_neither, |test| {
    let world = crowded(test, &json!({}));
    for round in 0..5 {
        let mut world = world.of_project(&format!("r{round}"));
        let code = world.ask_and_get(ANNA, "anna");
        world.later(30);
        let (asking, finishing) = (world.starting(world.request(ANNA, Some("anna"))), world.finishing("anna", &code));
        let asked = async move { asking.await.is_ok() };
        // Signed in or too late: but answered.
        let finished = async move { finishing.await.is_ok() };
        let tasks: Vec<Pin<Box<dyn Future<Output = bool> + Send>>> = vec![Box::pin(asked), Box::pin(finished)];
        assert_eq!(together(tasks), [true, true]);
    }
    assert_eq!(deadlocks(&world), 0);
});

/// On SQLite there is one writer, so the question does not arise.
#[test]
fn a_number_whose_request_takes_long_does_not_hold_up_another_on_postgres() {
    let test = TestDb::new(Kind::Postgres);
    let world = World::new(&test);
    let (started, wait_for_start) = mpsc::channel();
    let (release, wait_for_release) = mpsc::channel::<()>();
    let wait_for_release = Mutex::new(wait_for_release);
    let slow = {
        let (db, ctx, project) = (world.db.clone(), world.ctx.clone(), Arc::clone(&world.project));
        let request = world.request(ANNA, Some("anna"));
        async move {
            db.write(move |tx| {
                let answer = signin::start(tx, &ctx, &project, &request)?;
                tx.exec("UPDATE targets SET failures = failures WHERE target = '+491701234567'", &[])?;
                started.send(()).unwrap();
                wait_for_release.lock().unwrap().recv().unwrap();
                Ok(answer)
            })
            .await
        }
    };
    let slow = std::thread::spawn(move || crate::db::testing::wait(slow));
    wait_for_start.recv().unwrap();
    let code = world.ask_and_get(BERND, "bernd");
    assert!(world.finish("bernd", &code).is_ok());
    release.send(()).unwrap();
    assert_eq!(slow.join().unwrap().unwrap().handle, "anna");
}
