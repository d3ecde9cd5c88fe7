using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What every store that is verified as a whole does.</summary>
public class VerifyContract : CheckpointStoreContract
{
    private IMaintenance Verification => Store.Maintenance;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Verify_SoundStore_ReadsEverythingOnce(bool quick)
    {
        var saves = new VariedSaves(Store, Base, Folder, Stop);
        await saves.SaveAsync();
        var report = await Verification.VerifyAsync(new VerifyOptions { Quick = quick }, Stop);
        Assert.Equal((quick, true, (long)saves.Models.Count, 0L), (report.Quick, report.Finished, report.Checkpoints, report.Affected));
        Assert.Empty(report.Damaged);

        // The database, two bases, three masks, and what each checkpoint brought.
        Assert.Equal(1 + 2 + 3 + saves.Models.Count, report.Items);
        Assert.Empty(await Verification.ListDamageAsync(Stop));
    }

    [Fact]
    public async Task Verify_ABudget_GoesOnWhereItEnded()
    {
        var saves = new VariedSaves(Store, Base, Folder, Stop);
        await saves.SaveAsync();
        var (items, rounds) = (0L, 0);
        for (; items < 6 + saves.Models.Count; rounds++)
        {
            var report = await Verification.VerifyAsync(new VerifyOptions { MaxTime = TimeSpan.FromTicks(1) }, Stop);
            Assert.InRange(report.Items, 1, 16);
            items += report.Items;
        }

        Assert.InRange(rounds, 5, 6 + saves.Models.Count);
    }

    [Fact]
    public async Task Verify_WhatCannotBe_IsRefused()
    {
        await RefusedAsync(ErrorCode.TaskNotFound, () => Verification.VerifyAsync(new VerifyOptions { Task = "none" }, Stop));
        await RefusedAsync(ErrorCode.NameInvalid, () => Verification.VerifyAsync(new VerifyOptions { Task = "../a" }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Verification.VerifyAsync(new VerifyOptions { MaxBytes = 0 }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Verification.VerifyAsync(new VerifyOptions { MaxTime = TimeSpan.Zero }, Stop));
        foreach (var (part, of) in new[] { (0, 3), (4, 3), (1, 0), (1, 10_001), (-1, -1) })
        {
            await RefusedAsync(
                ErrorCode.RequestInvalid, () => Verification.VerifyAsync(new VerifyOptions { Subset = new VerifySubset(part, of) }, Stop));
        }
    }
}
