using FishCheckpoint.Errors;
using FishCheckpoint.Following;
using Xunit;

namespace FishCheckpoint.Tests.Following;

public sealed class BackoffTests
{
    [Fact]
    public void Next_AgainAndAgain_IsLongerUpToHalfAMinute()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeProvider.System, new Random(1));
        foreach (var most in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            Assert.InRange(backoff.Next().TotalSeconds, most / 2.0, most);
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.5, 1);
    }

    [Fact]
    public void Remedy_OfEachKind_IsWhatHelps()
    {
        Assert.Equal(Remedy.Wait, Remedies.Of(Error(ErrorCode.CheckpointNotFound)));
        Assert.All(
            [ErrorCode.ServerUnavailable, ErrorCode.TooManyRequests, ErrorCode.InsufficientStorage, ErrorCode.CorruptCheckpoint, ErrorCode.DigestMismatch],
            code => Assert.Equal(Remedy.Retry, Remedies.Of(Error(code))));
        Assert.All(
            [ErrorCode.TaskNotFound, ErrorCode.FolderTaken, ErrorCode.BaseMismatch, ErrorCode.KeyForbidden, ErrorCode.StoreTooNew],
            code => Assert.Equal(Remedy.None, Remedies.Of(Error(code))));
    }

    private static FishException Error(ErrorCode code) => new(code, "key", "cause", "hint");
}
