using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

/// <summary>TLS by Kestrel's own settings, with a certificate that is made here and is nobody else's.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-tls-").FullName;
    private ApiServer server = null!;
    private string token = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Pem => Path.Combine(folder, "server.pem");

    public async ValueTask InitializeAsync()
    {
        var keyFile = Path.Combine(folder, "server.key");
        using (var certificate = WriteCertificate(Pem, keyFile))
        {
            // As the documentation says it: an endpoint of Kestrel's with its certificate and key.
            server = await ApiServer.StartAsync(
                null, ("Urls", ""), ("Kestrel:Endpoints:Https:Url", "https://127.0.0.1:0"),
                ("Kestrel:Endpoints:Https:Certificate:Path", Pem),
                ("Kestrel:Endpoints:Https:Certificate:KeyPath", keyFile));
        }

        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = server.DataFolder }, Stop);
        token = (await store.Access.AddKeyAsync(new KeySpec("root", KeyScope.Admin), Stop)).Token;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Client_WithTheCertificateAndAKey_IsServed()
    {
        Assert.Equal("https", server.Address.Scheme);
        await using var client = FishClient.Connect(server.Address, new FishClientOptions { Key = token, CertificateAuthorities = Pem });
        Assert.Empty((await client.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items);
        Assert.Equal("root", Assert.Single((await client.Access.ListKeysAsync(new PageRequest(), Stop).ReadPageAsync()).Items).Name);
    }

    [Fact]
    public async Task Client_WithoutTheCertificate_TrustsNobody()
    {
        await using var client = FishClient.Connect(server.Address, new FishClientOptions { Key = token });
        var error = await Assert.ThrowsAsync<FishException>(() => client.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync());
        Assert.Equal(ErrorCode.CertificateUntrusted, error.Code);
        Assert.Contains("FISH_CA", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithAnothersCertificate_TrustsNobody()
    {
        var other = Path.Combine(folder, "other.pem");
        WriteCertificate(other, Path.Combine(folder, "other.key")).Dispose();
        await using var client = FishClient.Connect(server.Address, new FishClientOptions { Key = token, CertificateAuthorities = other });
        await Assert.ThrowsAsync<FishException>(() => client.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync());
    }

    [Fact]
    public async Task Client_ForAnotherName_TrustsNobody()
    {
        var elsewhere = new UriBuilder(server.Address) { Host = "127.0.0.2" }.Uri;
        await using var client = FishClient.Connect(elsewhere, new FishClientOptions { Key = token, CertificateAuthorities = Pem });
        await Assert.ThrowsAsync<FishException>(() => client.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync());
    }

    [Fact]
    public void Options_WhatCannotBe_IsRefusedWithoutTheKey()
    {
        Assert.Equal(
            ErrorCode.FileNotFound, RefusedOf(new FishClientOptions { CertificateAuthorities = Path.Combine(folder, "none") }).Code);
        Assert.Equal(
            ErrorCode.RequestInvalid,
            RefusedOf(new FishClientOptions { CertificateAuthorities = Path.Combine(folder, "server.key") }).Code);
        var wrong = RefusedOf(new FishClientOptions { Key = "se\ncret" });
        Assert.Equal(ErrorCode.KeyInvalid, wrong.Code);
        Assert.DoesNotContain("cret", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", new FishClientOptions { Key = "abc" }.ToString(), StringComparison.Ordinal);
    }

    private FishException RefusedOf(FishClientOptions options) =>
        Assert.Throws<FishException>(() => FishClient.Connect(server.Address, options));

    private static X509Certificate2 WriteCertificate(string pem, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fish test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(pem, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
