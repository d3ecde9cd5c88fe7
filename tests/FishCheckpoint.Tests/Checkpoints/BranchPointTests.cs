using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class BranchPointTests
{
    [Theory]
    [InlineData("mnli:0", "mnli", 0)]
    [InlineData("a.b-c_1:9223372036854775807", "a.b-c_1", long.MaxValue)]
    public void Parse_ACheckpoint_IsItsMirror(string text, string task, long step)
    {
        Assert.Equal(new BranchPoint(task, step), BranchPoint.Parse(text));
        Assert.Equal(text, BranchPoint.Parse(text).ToString());
    }

    [Theory]
    [InlineData("mnli", ErrorCode.RequestInvalid)]
    [InlineData("12000", ErrorCode.RequestInvalid)]
    [InlineData("latest", ErrorCode.RequestInvalid)]
    [InlineData("", ErrorCode.RequestInvalid)]
    [InlineData(":5", ErrorCode.NameInvalid)]
    [InlineData("../mnli:5", ErrorCode.NameInvalid)]
    [InlineData("mnli:", ErrorCode.StepInvalid)]
    [InlineData("mnli:latest", ErrorCode.StepInvalid)]
    [InlineData("mnli:-1", ErrorCode.StepInvalid)]
    [InlineData("mnli:1:2", ErrorCode.StepInvalid)]
    [InlineData("mnli:9223372036854775808", ErrorCode.StepInvalid)]
    public void Parse_AnythingElse_IsRefused(string text, ErrorCode code) =>
        Assert.Equal(code, Assert.Throws<FishException>(() => BranchPoint.Parse(text)).Code);
}
