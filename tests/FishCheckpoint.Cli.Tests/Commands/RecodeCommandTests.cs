using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class RecodeCommandTests : CommandTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recode_Json_IsTheStoresOwnShape(bool overHttp)
    {
        var model = await PrepareFastAsync();
        var result = (await Fish(overHttp, "recode", "--task", "task", "--max-bytes", "10000000", "--max-time", "600", "--json"))
            .Json<RecodeResult>();
        Assert.Equal((1, true), (result.Recoded, result.Finished));
        Assert.InRange(result.BytesAfter, 1, result.BytesBefore - 1);
        (await Fish(overHttp, "load", "task", "30", PathOf("out.safetensors"))).Succeeded();
        Assert.Equal(model, await File.ReadAllBytesAsync(PathOf("out.safetensors"), Stop));
    }

    [Fact]
    public async Task Recode_ForPeople_SaysWhatItDid()
    {
        await PrepareFastAsync();
        Assert.Contains(
            "1 frames recoded, 0 unchanged, 0 skipped, 0 damaged", (await FishAsync("recode")).Succeeded().Output,
            StringComparison.Ordinal);
        Assert.Contains("0 frames recoded", (await FishOverHttpAsync("recode")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recode_WhatCannotBe_IsRefused()
    {
        await PrepareAsync();
        (await FishAsync("recode", "--task", "none")).Failed(4, "TASK_NOT_FOUND none");
        (await FishOverHttpAsync("recode", "--task", "none")).Failed(4, "TASK_NOT_FOUND none");
        (await FishAsync("recode", "--max-bytes", "0")).Failed(3, "REQUEST_INVALID maxBytes");
        (await FishAsync("recode", "--max-time", "0")).Failed(3, "REQUEST_INVALID --max-time");
        Assert.Equal(2, (await FishAsync("recode", "--max-time", "soon")).Exit);
    }

    [Fact]
    public async Task Recode_DamagedBase_NamesWhatItAffectsAndFails()
    {
        await PrepareFastAsync();
        var file = Directory.EnumerateFiles(Data, "*.safetensors", SearchOption.AllDirectories)
            .Single(path => path.Contains("bases", StringComparison.Ordinal));
        File.SetAttributes(file, FileAttributes.Normal);
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.SetLength(stream.Length - 1);
        }

        var ran = await FishAsync("recode");
        Assert.Equal(8, ran.Exit);
        Assert.Contains("damaged task/30", ran.Output, StringComparison.Ordinal);
    }

    private Task<Ran> Fish(bool overHttp, params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);

    private async Task<byte[]> PrepareFastAsync()
    {
        (await FishAsync("base", "add", "base", Write(VariedSaves.Weights(), "base"))).Succeeded();
        (await FishAsync("task", "add", "task", "--base", "base")).Succeeded();
        var model = VariedSaves.Trained(30);
        var settings = new FishSettings { Compression = { Effort = CodecEffort.Fast } };
        (await RunAsync(settings, "save", "task", "30", Write(model, "trained"), "--data", Data)).Succeeded();
        return model.ToBytes();
    }
}
