using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Errors;

public sealed class FishExceptionTests
{
    [Fact]
    public void Message_Always_CarriesCodeKeyCauseAndHint()
    {
        var inner = new IOException();
        var error = new FishException(ErrorCode.StepTaken, "task/7", "The step is taken.", "Take another.", inner) { Operation = "save" };

        Assert.Equal("STEP_TAKEN (task/7): The step is taken. Take another.", error.Message);
        Assert.Equal(
            (ErrorCode.StepTaken, "task/7", "The step is taken.", "Take another."), (error.Code, error.Key, error.Cause, error.Hint));
        Assert.Equal((ErrorKind.Conflict, "save"), (error.Kind, error.Operation));
        Assert.Same(inner, error.InnerException);
    }
}
