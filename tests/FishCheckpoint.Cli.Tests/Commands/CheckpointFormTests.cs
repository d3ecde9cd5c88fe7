using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>The server, <c>fishckpt save</c> and <c>fishckpt watch</c> find the same form of a checkpoint's file.</summary>
public sealed partial class CheckpointFormTests : CommandTest
{
    private const string Safetensors = "application/vnd.safetensors";

    [Theory]
    [InlineData("model")]
    [InlineData("patch")]
    [InlineData("half a patch")]
    [InlineData("patch and model")]
    [InlineData("empty patch")]
    [InlineData("empty model")]
    [InlineData("model named as a patch")]
    [InlineData("patch of a model named as a patch")]
    [InlineData("frames")]
    public async Task Save_OfAFile_ByServerCommandAndWatch_GivesTheSame(string input)
    {
        var model = input.Contains("named", StringComparison.Ordinal)
            ? TestModel.Create(1, null, new TensorInfo("a.indices", DType.I64, [64]), new TensorInfo("a.values", DType.F32, [64])) : Base;
        (await FishAsync("base", "add", "base", Write(model, "base"))).Succeeded();
        foreach (var task in (string[])["sent", "saved", "remote", "watched", "other"])
        {
            (await FishAsync("task", "add", task, "--base", "base")).Succeeded();
        }

        using var client = new HttpClient { BaseAddress = new Uri(await ServerAsync()) };
        var path = Path.Combine(Directory.CreateDirectory(PathOf("drops")).FullName, "step_1.safetensors");
        await File.WriteAllBytesAsync(path, await BytesOfAsync(input, model, client), Stop);
        var body = new ByteArrayContent(await File.ReadAllBytesAsync(path, Stop))
        {
            Headers = { ContentType = new MediaTypeHeaderValue(input == "frames" ? EncodedDelta.MediaType : Safetensors) },
        };
        using var response = await client.PutAsync("/v1/tasks/sent/checkpoints/1", body, Stop);
        var sent = await OutcomeAsync("sent", response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Stop));
        var save = await FishAsync("save", "saved", "1", path);
        Assert.Equal(sent, await OutcomeAsync("saved", save.Exit == 0, save.Error));
        var remote = await RunAsync("save", "remote", "1", path, "--server", await ServerAsync());
        Assert.Equal(sent, await OutcomeAsync("remote", remote.Exit == 0, remote.Error));
        var watch = await FishAsync("watch", PathOf("drops"), "--task", "watched", "--once", "--settle", "0s", "--interval", "0.02s");
        Assert.Equal(sent, await OutcomeAsync("watched", watch.Exit == 0, watch.Error));
        Assert.Equal(input is "half a patch" or "patch and model" or "empty model", ErrorCode().IsMatch(sent));
    }

    private async Task<byte[]> BytesOfAsync(string input, TestModel model, HttpClient client)
    {
        var changed = model.Change(1);
        switch (input)
        {
            case "half a patch":
                return TestModel.Patch(null, (new TensorInfo("weight.indices", DType.I64, [1]), TestModel.Long(0)));
            case "patch and model":
                return model.With(new TensorInfo("other.values", DType.F32, [4])).ToBytes();
            case "empty patch":
                return TestModel.Patch(new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = SparsePatchWriter.Format });
            case "empty model":
                return TestModel.Patch(null);
            case "frames":
                (await FishAsync("save", "other", "1", Write(changed, "changed"))).Succeeded();
                using (var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tasks/other/checkpoints/1/delta?from=base"))
                {
                    request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(EncodedDelta.MediaType));
                    using var response = await client.SendAsync(request, Stop);
                    return await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(Stop);
                }

            default:
                return input.StartsWith("patch", StringComparison.Ordinal) ? changed.PatchAgainst(model) : changed.ToBytes();
        }
    }

    // The state that was saved, or the refusal's code.
    private async Task<string> OutcomeAsync(string task, bool isSaved, string text)
    {
        if (!isSaved)
        {
            return ErrorCode().Match(text).Value;
        }

        var info = (await FishAsync("show", task, "1", "--json")).Json<CheckpointInfo>();
        return $"{info.State} {info.Changed}";
    }

    [GeneratedRegex("\\b[A-Z]{3,}(_[A-Z]+)+\\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ErrorCode();
}
