using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A store that an earlier program has written stays readable, and is brought up to date.</summary>
public sealed class MigrationTests : StoreFixture
{
    [Fact]
    public async Task Open_StoreOfTheFirstSchema_KeepsEveryCheckpoint()
    {
        await ReopenAsync(Options with { Codec = new CodecOptions { Effort = CodecEffort.Runs } });
        var (first, second) = (Base.Change(1, 0.0005), Base.Change(1, 0.0005).Change(2, 0.0005));
        await SavePatchAsync(1, first);
        await SavePatchAsync(2, second);
        await Store.DisposeAsync();

        // The first schema: no blocks, no references, no efforts, every mask with a frame of its own.
        Sql("""
            DROP INDEX tasks_by_origin;
            ALTER TABLE tasks DROP COLUMN origin;
            ALTER TABLE tasks DROP COLUMN origin_task;
            ALTER TABLE tasks DROP COLUMN origin_step;
            ALTER TABLE checkpoints DROP COLUMN chain_bytes;
            ALTER TABLE checkpoints DROP COLUMN proof;
            DROP INDEX checkpoints_to_recode;
            DROP INDEX masks_to_recode;
            ALTER TABLE checkpoints DROP COLUMN effort;
            ALTER TABLE masks DROP COLUMN effort;
            DROP INDEX checkpoints_by_reference;
            ALTER TABLE checkpoints DROP COLUMN reference;
            ALTER TABLE checkpoints DROP COLUMN reference_depth;
            ALTER TABLE checkpoints DROP COLUMN blocks;
            PRAGMA user_version = 1;
            """);
        await ReopenAsync();
        AssertTotalsAreARecount();
        Assert.Equal(first.ToBytes(), await Store.RestoreAsync("task", 1));
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("task", 2));
        await SaveAsync(3, second.Change(3));
        Assert.All(new long[] { 1, 2, 3 }, step => Assert.True(Store.VerifyAsync("task", StepRef.At(step), Stop).GetAwaiter().GetResult().Sound));
    }

    private async Task SavePatchAsync(long step, TestModel model)
    {
        var path = Path.Combine(Options.DataFolder, $"{step}.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(Base), Stop);
        using var patch = Tensors.SafetensorsFile.Open(path);
        await Store.SaveAsync("task", step, new CheckpointContent.Sparse(patch), null, Stop);
    }
}
