using System.Globalization;
using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Restores;

public sealed class RestoreTests : ApiTest
{
    private const string Model = Steps + "/7/model.safetensors";

    private TestModel Saved { get; set; } = null!;

    private byte[] Dense => Saved.ToBytes();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Saved = Base.Change(1);
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(7, Saved));
    }

    [Fact]
    public async Task Range_Random_EqualsTheDenseFile()
    {
        var (dense, random) = (Dense, new Random(1));
        var borders = Saved.Header.Tensors.SelectMany(tensor => new[] { tensor.Begin, tensor.End })
            .Select(offset => offset + Saved.Header.DataStart)
            .Concat([8, dense.Length, Saved.Header.DataStart + Blocks.Size]).ToArray();
        for (var round = 0; round < 200; round++)
        {
            var around = round % 2 == 0 ? random.Next(dense.Length) : borders[random.Next(borders.Length)] - random.Next(200);
            var from = (int)Math.Clamp(around, 0, dense.Length - 1);
            var to = Math.Min(dense.Length - 1, from + random.Next(round % 10 == 0 ? dense.Length : 400));
            using var response = await ExpectAsync(HttpStatusCode.PartialContent, GetAsync(Model, ("Range", $"bytes={from}-{to}")));
            Assert.Equal($"bytes {from}-{to}/{dense.Length}", response.Content.Headers.ContentRange?.ToString());
            Assert.Equal(to - from + 1, response.Content.Headers.ContentLength);
            var part = await response.Content.ReadAsByteArrayAsync(Stop);
            Assert.True(dense.AsSpan(from, to - from + 1).SequenceEqual(part), $"{from}-{to}");
        }
    }

    [Fact]
    public async Task Digest_WhereItIsNotKnown_IsMadeWhenItIsAskedFor()
    {
        var expected = $"sha-256=:{Convert.ToBase64String(Digest.Of(Dense).ToArray())}:";
        using var asked = await ExpectAsync(
            HttpStatusCode.OK, SendAsync(HttpMethod.Head, Model, null, ("Want-Repr-Digest", "sha-512=9, sha-256=1")));
        Assert.Equal((expected, Dense.Length), (asked.Headers.GetValues("Repr-Digest").Single(), asked.Content.Headers.ContentLength));
        foreach (var (method, wanted) in
            new[] { (HttpMethod.Head, "sha-256=0"), (HttpMethod.Head, "sha-512=1"), (HttpMethod.Get, "sha-256=1") })
        {
            using var other = await ExpectAsync(HttpStatusCode.OK, SendAsync(method, Model, null, ("Want-Repr-Digest", wanted)));
            Assert.False(other.Headers.Contains("Repr-Digest"));
        }
    }

    [Theory]
    [InlineData("bytes=-1", -1, 1)]
    [InlineData("bytes=-100", -100, 100)]
    [InlineData("bytes=-999999999999", 0, 0)]
    [InlineData("bytes=5-", 5, 0)]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=10-999999999999", 10, 0)]
    public async Task Range_OpenForms_GivePart(string range, int from, int count)
    {
        using var response = await ExpectAsync(HttpStatusCode.PartialContent, GetAsync(Model, ("Range", range)));
        var start = from < 0 ? Dense.Length + from : from;
        Assert.Equal(Dense[start..(count == 0 ? Dense.Length : start + count)], await response.Content.ReadAsByteArrayAsync(Stop));
    }

    [Theory]
    [InlineData("bytes=0-1,5-6")]
    [InlineData("bytes=9-3")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=x")]
    public async Task Range_SeveralOrUnreadable_GivesAll(string range)
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync(Model, ("Range", range)));
        Assert.Equal(Dense, await response.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task Range_Outside_IsRefused()
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"bytes={Dense.Length}-");
        await RefusedAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "RANGE_INVALID", () => GetAsync(Model, ("Range", range)));
        using var response = await GetAsync(Model, ("Range", "bytes=-0"));
        Assert.Equal($"bytes */{Dense.Length}", response.Content.Headers.ContentRange?.ToString());
        Assert.Null(response.Headers.ETag);
    }

    [Fact]
    public async Task Get_Conditional_FollowsTheTag()
    {
        using var first = await ExpectAsync(HttpStatusCode.OK, GetAsync(Model));
        Assert.Equal(Dense, await first.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(("bytes", Dense.LongLength), (first.Headers.AcceptRanges.Single(), first.Content.Headers.ContentLength));
        var tag = first.Headers.ETag!;
        Assert.False(tag.IsWeak);
        using var unchanged = await ExpectAsync(HttpStatusCode.NotModified, GetAsync(Model, ("If-None-Match", $"\"x\", W/{tag}")));
        Assert.Equal((tag, 0), (unchanged.Headers.ETag, (await unchanged.Content.ReadAsByteArrayAsync(Stop)).Length));
        await ExpectAsync(HttpStatusCode.NotModified, GetAsync(Model, ("If-None-Match", "*")));
        await ExpectAsync(HttpStatusCode.OK, GetAsync(Model, ("If-None-Match", "\"other\"")));
        await ExpectAsync(HttpStatusCode.OK, GetAsync(Model, ("If-Match", tag.ToString())));
        await RefusedAsync(HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED", () => GetAsync(Model, ("If-Match", "\"other\"")));
        await ExpectAsync(HttpStatusCode.PartialContent, GetAsync(Model, ("Range", "bytes=0-9"), ("If-Range", tag.ToString())));
        await ExpectAsync(HttpStatusCode.OK, GetAsync(Model, ("Range", "bytes=0-9"), ("If-Range", "\"other\"")));
        await ExpectAsync(HttpStatusCode.OK, GetAsync(Model, ("Range", "bytes=0-9"), ("If-Range", "Wed, 21 Oct 2015 07:28:00 GMT")));
    }

    [Fact]
    public async Task Head_SaysWhatGetSays()
    {
        using var get = await ExpectAsync(HttpStatusCode.OK, GetAsync(Model));
        using var head = await ExpectAsync(HttpStatusCode.OK, SendAsync(HttpMethod.Head, Model));
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Stop));
        await ExpectAsync(HttpStatusCode.NotFound, SendAsync(HttpMethod.Head, $"{Steps}/8/model.safetensors"));
    }

    [Fact]
    public async Task Tag_OfOtherStep_Differs()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(8, Base.Change(2)));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(9, Saved));
        using var seven = await GetAsync(Model);
        using var eight = await GetAsync($"{Steps}/8/model.safetensors");
        using var nine = await GetAsync($"{Steps}/latest/model.safetensors");
        Assert.NotEqual(seven.Headers.ETag, eight.Headers.ETag);
        Assert.Equal(seven.Headers.ETag, nine.Headers.ETag);
    }

    [Fact]
    public async Task Tensor_ByName_IsItsBytes()
    {
        foreach (var tensor in Saved.Header.Tensors.Select(tensor => tensor.Info))
        {
            using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync($"{Steps}/7/tensors/{tensor.Name}"));
            Assert.Equal(Saved[tensor.Name], await response.Content.ReadAsByteArrayAsync(Stop));
            Assert.Equal(DTypes.NameOf(tensor.Type), response.Headers.GetValues("Fish-Dtype").Single());
            Assert.Equal(TensorInfo.ShapeText(tensor.Shape), response.Headers.GetValues("Fish-Shape").Single());
        }

        await RefusedAsync((HttpStatusCode)422, "TENSOR_UNKNOWN", () => GetAsync($"{Steps}/7/tensors/none"));
    }

    [Theory]
    [InlineData("a/b.c/d")]
    [InlineData("a%2Fb")]
    [InlineData("über ?#&=+")]
    [InlineData("files/../x")]
    public async Task Tensor_AnyName_IsFound(string name)
    {
        var model = TestModel.Create(9, null, new TensorInfo(name, DType.U8, [40]));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/odd", model.ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/odd", """{"base":"odd"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/odd/checkpoints/1", model.Change(1).ToBytes()));
        Assert.Equal(model.Change(1)[name], await BytesAsync($"/v1/tasks/odd/checkpoints/1/tensors/{Uri.EscapeDataString(name)}"));
    }
}
