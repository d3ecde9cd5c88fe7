using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class FoldCommandTests : CommandTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fold_Json_IsTheStoresOwnShape(bool overHttp)
    {
        await PrepareAsync();
        var result =
            (
                await Fish(
                    overHttp, "fold", "--task", "task", "--max-bytes", "10000000", "--max-time", "600", "--max-read-cost", "1.01",
                    "--json")).Json<FoldResult>();
        Assert.True(result.Finished);
        Assert.Empty(result.Damaged);
    }

    [Fact]
    public async Task Fold_ForPeople_SaysWhatItDid()
    {
        await PrepareAsync();
        Assert.Contains("0 checkpoints folded, 0 unchanged", (await FishAsync("fold")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fold_WhatCannotBe_IsRefused()
    {
        await PrepareAsync();
        (await FishAsync("fold", "--task", "none")).Failed(4, "TASK_NOT_FOUND none");
        (await FishOverHttpAsync("fold", "--task", "none")).Failed(4, "TASK_NOT_FOUND none");
        (await FishAsync("fold", "--max-bytes", "0")).Failed(3, "REQUEST_INVALID maxBytes");
        (await FishAsync("fold", "--max-time", "0")).Failed(3, "REQUEST_INVALID --max-time");
        (await FishAsync("fold", "--max-read-cost", "0.5")).Failed(3, "REQUEST_INVALID maxReadCost");
        Assert.Equal(2, (await FishAsync("fold", "--max-time", "soon")).Exit);
    }

    private Task<Ran> Fish(bool overHttp, params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
}
