using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Training resumes from the newest checkpoint that is sound, and says which ones it passed over.</summary>
public sealed class DamagedResumeTests : StoreFixture
{
    private readonly List<string> warnings = [];

    [Theory]
    [InlineData("frame")]
    [InlineData("trainer_frame")]
    public async Task Resume_NewestDamaged_FallsBackWithAWarning(string column)
    {
        var held = await TrainAsync();
        Damage(column, 3);

        var trainer = New();
        await using var hook = Hook(trainer);
        var from = await hook.ResumeAsync(cancellation: Stop);

        Assert.Equal((2, true), (from!.Step, from.StateRestored));
        Assert.Equal(held[2], trainer.ToFile());
        Assert.Contains("step 3 is damaged", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(warnings, from.Warnings);

        // Step 3 comes out with the same bits: saved again, it is mended.
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("tiny", StepRef.At(3), Stop)).Sound);
        trainer.Step(3);
        hook.OnStep(3);
        trainer.Step(4);
        hook.OnStep(4);
        await hook.CompleteAsync(Stop);
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 4));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("tiny", StepRef.At(3), Stop)).Sound);
        Assert.Equal(held[3], await Store.RestoreAsync("tiny", 3));
    }

    [Fact]
    public async Task Resume_TwoDamaged_WarnsOfEach()
    {
        var held = await TrainAsync();
        Damage("frame", 2);
        Damage("trainer_frame", 3);

        var trainer = New();
        await using var hook = Hook(trainer);

        Assert.Equal(1, (await hook.ResumeAsync(cancellation: Stop))!.Step);
        Assert.Equal(2, warnings.Count);
        Assert.Equal(held[1], trainer.ToFile());
    }

    [Fact]
    public async Task Resume_AllDamaged_IsRefused()
    {
        await TrainAsync();
        for (var step = 1; step <= 3; step++)
        {
            Damage("frame", step);
        }

        await using var hook = Hook(New());
        var error = await Assert.ThrowsAsync<FishException>(() => hook.ResumeAsync(cancellation: Stop));

        Assert.Equal(ErrorCode.CorruptCheckpoint, error.Code);
        Assert.Equal(3, warnings.Count);
    }

    [Fact]
    public async Task Resume_BaseDamaged_IsRefusedAtOnce()
    {
        await TrainAsync();
        var file = Directory.GetFiles(Path.Combine(Options.DataFolder, "bases"), "model.safetensors", SearchOption.AllDirectories)
            .Single(path => new FileInfo(path).Length == New().ToFile().Length);
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Stop);

        await using var hook = Hook(New());
        var error = await Assert.ThrowsAsync<FishException>(() => hook.ResumeAsync(cancellation: Stop));

        Assert.Equal(ErrorCode.CorruptBase, error.Code);
        Assert.Empty(warnings);
    }

    private static TinyTrainer New() => new(new SeededRandom(3));

    private async Task<Dictionary<long, byte[]>> TrainAsync()
    {
        var trainer = New();
        await Store.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(trainer.ToFile())), Stop);
        await Store.Tasks.PutAsync("tiny", new TaskSpec("tiny"), Stop);
        await using var hook = Hook(trainer);
        var held = new Dictionary<long, byte[]>();
        for (var step = 1; step <= 3; step++)
        {
            trainer.Step(step);
            hook.OnStep(step);
            held[step] = trainer.ToFile();
        }

        await hook.CompleteAsync(Stop);
        return held;
    }

    private void Damage(string column, long step) => Sql(
        $"UPDATE pieces SET data = CAST(substr(data, 1, 20) || x'5A' || substr(data, 22) AS BLOB) WHERE frame = (SELECT {column} FROM "
        + $"checkpoints WHERE step = {step})");

    private CheckpointHook Hook(TinyTrainer trainer) => new(Store, "tiny", trainer.Mask, trainer.BytesOf, new CheckpointHookOptions
    {
        SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false, OnWarning = warnings.Add, State = trainer.State,
    });
}
