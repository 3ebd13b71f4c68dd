use super::*;

#[test]
fn an_answer_is_one_object_that_begins_with_its_format_and_its_exit() {
    let text = diagnostics(
        &[],
        RunExit {
            code: 65,
            reason: "manifest",
        },
    );
    insta::assert_snapshot!(text, @r##"
    {
      "format": 1,
      "format_version": "1.0",
      "kind": "validate",
      "exit": {
        "code": 65,
        "reason": "manifest"
      },
      "diagnostics": []
    }
    "##);
}
