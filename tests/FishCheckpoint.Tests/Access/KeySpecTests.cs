using FishCheckpoint.Access;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Access;

public sealed class KeySpecTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<KeySpec, ErrorCode> Wrong => new()
    {
        { new KeySpec("", KeyScope.Read), ErrorCode.NameInvalid },
        { new KeySpec("a b", KeyScope.Read), ErrorCode.NameInvalid },
        { new KeySpec(null!, KeyScope.Read), ErrorCode.NameInvalid },
        { new KeySpec("a", (KeyScope)7), ErrorCode.RequestInvalid },
        { new KeySpec("a", KeyScope.Read, []), ErrorCode.RequestInvalid },
        { new KeySpec("a", KeyScope.Read, [.. Enumerable.Repeat("task", 101)]), ErrorCode.RequestInvalid },
        { new KeySpec("a", KeyScope.Read, ["*"]), ErrorCode.NameInvalid },
        { new KeySpec("a", KeyScope.Read, ["a*b"]), ErrorCode.NameInvalid },
        { new KeySpec("a", KeyScope.Read, [null!]), ErrorCode.NameInvalid },
        { new KeySpec("a", KeyScope.Read, null, Now), ErrorCode.RequestInvalid },
        { new KeySpec("a", KeyScope.Read, null, null, -1), ErrorCode.RequestInvalid },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Checked_WhatCannotBe_IsRefused(KeySpec spec, ErrorCode code) =>
        Assert.Equal(code, Assert.Throws<FishException>(() => spec.Validate(Now)).Code);

    [Fact]
    public void Checked_WhatCanBe_IsTaken() =>
        Assert.Equal("a", new KeySpec("a", KeyScope.Write, ["sst2", "team-*"], Now.AddTicks(1), 0).Validate(Now).Name);

    [Theory]
    [InlineData("sst2", true)]
    [InlineData("sst", false)]
    [InlineData("sst22", false)]
    [InlineData("SST2", false)]
    [InlineData("team-", true)]
    [InlineData("team-a", true)]
    [InlineData("team", false)]
    [InlineData("my-team-a", false)]
    [InlineData("", false)]
    public void Reach_NamesAndBeginnings(string task, bool reached) => Assert.Equal(reached, TaskLimits.Reach(["sst2", "team-*"], task));

    [Fact]
    public void Reach_WithoutLimits_IsEverything() => Assert.True(TaskLimits.Reach(null, "any"));
}
