using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class VerifyCommandTests : CommandTest
{
    private string BaseFile => Directory.EnumerateFiles(Data, "*.safetensors", SearchOption.AllDirectories).Single();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Verify_Json_IsTheStoresOwnShape(bool overHttp)
    {
        await PrepareAsync();
        var report = (await Fish(overHttp, "verify", "--json")).Json<VerifyReport>();
        Assert.Equal((true, 2L, 0L), (report.Finished, report.Checkpoints, report.Affected));
        var part =
            (
                await Fish(
                    overHttp, "verify", "task", "--quick", "--subset", "1/1", "--max-time", "600", "--max-bytes", "1000000000", "--json"))
                    .Json<VerifyReport>();
        Assert.Equal((true, true, report.Items), (part.Quick, part.Finished, part.Items));
        Assert.True((await Fish(overHttp, "verify", "task", "10", "--json")).Json<VerifyResult>().Sound);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Verify_Damage_IsNamedWithWhatItAffectsAndFails(bool overHttp)
    {
        await PrepareAsync();
        File.SetAttributes(BaseFile, FileAttributes.Normal);
        using (var stream = new FileStream(BaseFile, FileMode.Open))
        {
            stream.SetLength(stream.Length - 1);
        }

        foreach (var command in new[] { "verify", "verify --quick" })
        {
            var ran = await Fish(overHttp, command.Split(' '));
            Assert.Equal(8, ran.Exit);
            Assert.Contains("damaged base ", ran.Output, StringComparison.Ordinal);
            Assert.Contains("affects task/10, task/20", ran.Output, StringComparison.Ordinal);
            Assert.Contains("0 of 2 checkpoints are sound", ran.Output, StringComparison.Ordinal);
            Assert.Contains("docs/guides/backup-and-repair.md", ran.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Verify_ABudget_SaysThatMoreIsLeft()
    {
        await PrepareAsync();
        Assert.Contains("not finished", (await FishAsync("verify", "--max-bytes", "1")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verify none", 4, "TASK_NOT_FOUND none")]
    [InlineData("verify --subset 8/7", 3, "REQUEST_INVALID subset")]
    [InlineData("verify --subset 3", 3, "REQUEST_INVALID --subset")]
    [InlineData("verify --max-time 0", 3, "REQUEST_INVALID --max-time")]
    [InlineData("verify --max-bytes 0", 3, "REQUEST_INVALID maxBytes")]
    public async Task Verify_WhatCannotBe_IsRefused(string command, int exit, string code)
    {
        await PrepareAsync();
        (await FishAsync(command.Split(' '))).Failed(exit, code);
        Assert.Equal(2, (await FishAsync("verify", "task", "10", "--quick")).Exit);
    }

    private Task<Ran> Fish(bool overHttp, params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
}
