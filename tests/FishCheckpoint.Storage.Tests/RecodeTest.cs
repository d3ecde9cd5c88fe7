using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A store of saves of every form, written fast.</summary>
public abstract class RecodeTest : StoreFixture
{
    internal static CodecOptions Fast { get; } = new() { Effort = CodecEffort.Fast };

    protected async Task<VariedSaves> SaveAllAsync()
    {
        await ReopenAsync(Options with { Codec = Fast });
        var saves = new VariedSaves(Store, Base, Options.DataFolder, Stop);
        await saves.SaveAsync();
        return saves;
    }

    protected async Task AssertAllAsync(VariedSaves saves, params (string Task, long Step)[] damaged)
    {
        foreach (var ((task, step), model) in saves.Models)
        {
            var verified = await Store.Maintenance.VerifyCheckpointAsync(task, StepRef.At(step), Stop);
            Assert.True(verified.Sound != damaged.Contains((task, step)), $"{task}/{step}: {verified.Problem}");
            if (verified.Sound)
            {
                Assert.Equal(model.ToBytes(), await Store.RestoreAsync(task, step));
            }
        }
    }
}
