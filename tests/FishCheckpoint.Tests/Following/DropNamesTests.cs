using FishCheckpoint.Errors;
using FishCheckpoint.Following.Watch;
using Xunit;

namespace FishCheckpoint.Tests.Following;

public sealed class DropNamesTests
{
    [Theory]
    [InlineData("step_100.safetensors", 100L)]
    [InlineData("step-100.safetensors", 100L)]
    [InlineData("my-run.step_0007.safetensors", 7L)]
    [InlineData("checkpoint-500", 500L)]
    [InlineData("global_step_12", 12L)]
    [InlineData("global_step12", 12L)]
    [InlineData("step_3", 3L)]
    [InlineData("footstep_3.safetensors", null)]
    [InlineData("tmp-checkpoint-500", null)]
    [InlineData(".step_1.safetensors", null)]
    [InlineData("step_1.safetensors.tmp", null)]
    [InlineData("step_99999999999999999999.safetensors", null)]
    [InlineData("checkpoint-final", null)]
    public void StepOf_UsualNames_IsTheirNumber(string name, long? step) => Assert.Equal(step, DropNames.Create(null).StepOf(name));

    [Theory]
    [InlineData("model-{step}.safetensors", "model-5.safetensors", 5L)]
    [InlineData("model-{step}.safetensors", "model-5xsafetensors", null)]
    [InlineData("*_{step}_*", "run_7_a", 7L)]
    [InlineData("({step})+", "(8)+", 8L)]
    public void StepOf_APattern_IsWhereItSays(string pattern, string name, long? step) =>
        Assert.Equal(step, DropNames.Create(pattern).StepOf(name));

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("{step}-{step}")]
    [InlineData("runs/{step}")]
    public void Create_WithoutOnePlaceForTheStep_IsRefused(string pattern) =>
        Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(() => DropNames.Create(pattern)).Code);
}
