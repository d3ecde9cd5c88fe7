using FishCheckpoint.Access;
using Xunit;

namespace FishCheckpoint.Tests.Access;

public sealed class KeyTokenTests
{
    [Fact]
    public void Create_ParsesBack_ToTheSameHash()
    {
        for (var round = 0; round < 200; round++)
        {
            var (id, token, hash) = KeyToken.Create();

            Assert.True(KeyToken.TryParse(token, out var parsedId, out var parsedHash));
            Assert.Equal((id, hash), (parsedId, parsedHash));
            Assert.NotEqual(token, KeyToken.Create().Token);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("fish_")]
    [InlineData("fish_0123456789ab_")]
    [InlineData("fish_0123456789AB_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("fish_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")]
    [InlineData("fish_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("FISH_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("fish_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'%")]
    public void TryParse_NotAToken_IsFalse(string text) => Assert.False(KeyToken.TryParse(text, out _, out _));

    [Fact]
    public void Redact_TakesSecretsOutOfAText()
    {
        var (id, token, _) = KeyToken.Create();

        Assert.Equal($"no '{"fish_" + id}_...' here", KeyToken.Redact($"no '{token}' here"));
    }

    [Fact]
    public void NewKey_ToString_HoldsNoToken()
    {
        var (id, token, _) = KeyToken.Create();
        var key = new NewKey(new KeyInfo(id, "name", KeyScope.Read, null, default, null, null, null, 0), token);

        Assert.DoesNotContain(token[^20..], key.ToString(), StringComparison.Ordinal);
    }
}
