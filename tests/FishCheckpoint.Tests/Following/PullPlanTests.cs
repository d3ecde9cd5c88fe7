using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Following.Pull;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Following;

public sealed class PullPlanTests
{
    private static readonly Digest Base = Digest.Of("base"u8);

    private static readonly TaskInfo Task = new(
        "task", "base", Base, default, null, new Dictionary<string, string>(StringComparer.Ordinal), null,
        new Dictionary<string, OwnTensor?>(StringComparer.Ordinal), 1, 1, default);

    [Fact]
    public void Of_AnEmptyFolder_IsFull() => Assert.IsType<PullPlan.Full>(PullPlan.Of(null, [], Task, Wanted(3, "a")));

    [Fact]
    public void Of_TheStateThatIsThere_Stays()
    {
        var there = Folder(3, "a");
        Assert.Equal(new PullPlan.Stay(there), PullPlan.Of(there, [there], Task, Wanted(3, "a")));
    }

    [Fact]
    public void Of_AStateThatIsKept_Returns()
    {
        var (current, kept) = (Folder(4, "b"), Folder(3, "a"));
        Assert.Equal(new PullPlan.Return(kept), PullPlan.Of(current, [current, kept], Task, Wanted(3, "a")));
        Assert.Equal(new PullPlan.Return(kept), PullPlan.Of(null, [kept], Task, Wanted(3, "a")));
    }

    [Fact]
    public void Of_AnotherStep_IsAPatchOfTheCurrentOne()
    {
        var (current, kept) = (Folder(4, "b"), Folder(3, "a"));
        Assert.Equal(new PullPlan.Patch(current), PullPlan.Of(current, [current, kept], Task, Wanted(9, "c")));
    }

    [Fact]
    public void Of_TheStepWithAnotherState_IsAPatch()
    {
        var current = Folder(4, "b");
        Assert.Equal(new PullPlan.Patch(current), PullPlan.Of(current, [current], Task, Wanted(4, "other")));
    }

    [Fact]
    public void Of_AFolderWithoutManifest_IsFull() =>
        Assert.IsType<PullPlan.Full>(PullPlan.Of(new PulledFolder("/models/step-4", null), [], Task, Wanted(4, "b")));

    [Fact]
    public void Of_AnotherTask_IsRefused()
    {
        var current = Folder(4, "b");
        Assert.Equal(
            ErrorCode.FolderTaken,
            Assert.Throws<FishException>(() => PullPlan.Of(current, [current], Task with { Name = "other" }, Wanted(5, "c"))).Code);
        Assert.Equal(
            ErrorCode.BaseMismatch, Assert.Throws<FishException>(
                () => PullPlan.Of(current, [current], Task with { BaseId = Digest.Of("x"u8) }, Wanted(5, "c"))).Code);
    }

    private static PulledFolder Folder(long step, string state) =>
        new($"/models/step-{step}", new PulledManifest(PulledManifest.Current, "task", Base, step, StateOf(state), [], default));

    private static CheckpointInfo Wanted(long step, string state) => new(
        "task", step, "base", StateOf(state), default, 0, 0, 0, 0, 0, 0, 1, null, new Dictionary<string, double>(StringComparer.Ordinal),
        [], default);

    private static Digest StateOf(string name) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(name));
}
