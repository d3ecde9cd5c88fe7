using FishCheckpoint.Errors;
using FishCheckpoint.Following;
using Xunit;

namespace FishCheckpoint.Tests.Following;

public sealed class RetryPolicyTests
{
    [Fact]
    public void Remedy_OfEachKind_IsWhatHelps()
    {
        Assert.Equal(RetryPolicy.Wait, RetryPolicies.Of(Error(ErrorCode.CheckpointNotFound)));
        Assert.All(
            [ErrorCode.ServerUnavailable, ErrorCode.TooManyRequests, ErrorCode.InsufficientStorage, ErrorCode.CorruptCheckpoint,
            ErrorCode.DigestMismatch],
            code => Assert.Equal(RetryPolicy.Retry, RetryPolicies.Of(Error(code))));
        Assert.All(
            [ErrorCode.TaskNotFound, ErrorCode.FolderTaken, ErrorCode.BaseMismatch, ErrorCode.KeyForbidden, ErrorCode.StoreTooNew],
            code => Assert.Equal(RetryPolicy.None, RetryPolicies.Of(Error(code))));
    }

    private static FishException Error(ErrorCode code) => new(code, "key", "cause", "hint");
}
